"""What everyone speaks of: state, plan, policy, rules, findings, errors. Imports no other room."""
