"""The shared kernel of serving and training: one feature encoder, one artifact format, one scorer.

It knows neither the server nor the trainer; both import it.
"""
