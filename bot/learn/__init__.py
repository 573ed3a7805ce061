"""Training and measuring the classifier, offline. The only room that imports scikit-learn."""
