from . import my_visits, portal
