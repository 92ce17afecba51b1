from . import my_visits, portal, portal_appointment, portal_settlement
