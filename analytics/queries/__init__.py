"""The lake's SQL, a question to a module. The school in scope stands in each as a constant."""
