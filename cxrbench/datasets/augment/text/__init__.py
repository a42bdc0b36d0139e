"""Other words for the same question or answer: templates, synonyms, back-translation. All are off by default."""
