# Part of the after-sales suite. License LGPL-3.

{
    "name": "After-sales",
    "version": "19.0.1.0.0",
    "category": "Services/After-sales",
    "sequence": 45,
    "summary": "Installed products, warranties, service requests, who pays, settlements",
    "author": "After-sales suite contributors",
    "website": "https://github.com/aftersales-suite/aftersales",
    "license": "LGPL-3",
    "depends": ["crm", "stock", "account", "portal", "rating"],
    "data": [
        "security/aftersales_base_groups.xml",
        "security/ir.model.access.csv",
        "security/aftersales_base_security.xml",
        "data/ir_sequence_data.xml",
        "data/aftersales_service_type_data.xml",
        "views/aftersales_portal_templates.xml",
    ],
    "demo": [
    ],
    "application": True,
}
