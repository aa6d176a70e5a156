from zonage.admin.arretes import ArreteAdmin
from zonage.admin.base import EnVigueurFilter, LectureSeule

__all__ = ["ArreteAdmin", "EnVigueurFilter", "LectureSeule"]
