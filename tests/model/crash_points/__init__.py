"""What promise 4 rests on: a model of one create, and the real code under the same oracle."""
