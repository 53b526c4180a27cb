def input_validator(model):
    return None
