from . import my_visits
