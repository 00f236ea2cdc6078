"""CloudEvents in: what CRM, shop and service desk send, as calls of the services that there are."""
