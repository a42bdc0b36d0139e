"""What copies of the MIMIC, VQA-RAD and SLAKE data hold, held against what they should hold."""
