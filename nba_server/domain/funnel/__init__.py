"""The stages of `decide()`, each in a file of its own."""
