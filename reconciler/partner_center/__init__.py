"""Everything that knows HTTP or the wire format of Partner Center; it re-exports nothing."""
