"""What `stablemint reference` does besides serving: a module for each thing that it looks after."""
