"""From a few measured models to the whole column of a device, and to the answer of a question with few measurements."""
