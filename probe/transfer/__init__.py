"""How well a backbone does on the user's own images: k-NN, linear probing, fine-tuning."""
