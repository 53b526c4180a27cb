"""Base images: built from a distribution's packages by a recipe, or imported."""
