"""Recipes: how a family of vision-language models is asked and how its answer is read, as YAML and not as code."""

from cxrbench.adapters.recipes.recipe import Recipe, find_recipe, load_recipe, recipe_names

__all__ = ["Recipe", "find_recipe", "load_recipe", "recipe_names"]
