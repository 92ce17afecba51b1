from . import my_bench, my_visits, portal, portal_appointment, portal_settlement
