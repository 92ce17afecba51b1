# Part of the after-sales suite. License LGPL-3.

{
    "name": "After-sales Complaints: Work Orders",
    "version": "19.0.1.0.0",
    "category": "Services/After-sales",
    "summary": "Complaints about work orders",
    "author": "After-sales suite contributors",
    "website": "https://github.com/aftersales-suite/aftersales",
    "license": "LGPL-3",
    "depends": ["aftersales_complaint", "aftersales_repair"],
    "data": [
        "views/aftersales_complaint_views.xml",
        "views/repair_order_views.xml",
    ],
    "auto_install": True,
}
