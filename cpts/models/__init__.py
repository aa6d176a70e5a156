from cpts.models.praticien import LieuExercice, OffreCommune, Praticien, Rattachement

__all__ = ["LieuExercice", "OffreCommune", "Praticien", "Rattachement"]
