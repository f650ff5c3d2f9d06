"""Parameters, multiply-accumulates, activations and feature maps of timm's models, without weights and without computing."""
