"""The parts of the deployment of `signup`, each of which can be made again without harm, and taken down."""
