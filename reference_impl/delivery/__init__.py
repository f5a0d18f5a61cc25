"""Delivering events: one asynchronous sender, and the dispatcher that gives it what is due."""
