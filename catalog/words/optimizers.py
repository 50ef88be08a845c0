"""Optimisers of training."""

from enum import StrEnum


class Optimizer(StrEnum):
    """Rule that turns gradients into steps."""

    # `label` is its name. An adaptive optimiser, such as Adam, scales the step of each weight, so that SGD's
    # linear scaling with the batch does not hold for it.
    label: str
    adaptive: bool

    def __new__(cls, name: str, label: str = "", adaptive: bool = True) -> "Optimizer":
        member = str.__new__(cls, name)
        member._value_ = name
        member.label = label
        member.adaptive = adaptive
        return member

    SGD = "sgd", "SGD", False
    RMSPROP = "rmsprop", "RMSprop", False
    ADAM = "adam", "Adam"
    ADAMW = "adamw", "AdamW"
    LAMB = "lamb", "LAMB"
    ADAMAX = "adamax", "Adamax"
    ADAGRAD = "adagrad", "Adagrad"
    ADADELTA = "adadelta", "Adadelta"
