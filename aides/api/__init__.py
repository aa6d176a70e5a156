"""The endpoints of the schemes: the rules as data, the vocabulary of facts, the evaluation."""
