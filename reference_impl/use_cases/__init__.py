"""What can be done: each use case is one function over the rules and one transaction of the store."""
