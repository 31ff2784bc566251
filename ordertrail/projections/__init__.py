"""The room of questions: pure folds of events into rows, one file a question."""
