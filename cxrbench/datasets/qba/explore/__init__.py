"""How balanced and how clean the questions are, before and after filtering: numbers only, no text and no film."""
