# Part of the after-sales suite. License LGPL-3.

{
    "name": "After-sales Contracts",
    "version": "19.0.1.0.0",
    "category": "Services/After-sales",
    "summary": "Service contracts: cover with quota, instalments, preventive maintenance",
    "author": "After-sales suite contributors",
    "website": "https://github.com/aftersales-suite/aftersales",
    "license": "LGPL-3",
    "depends": ["aftersales_repair"],
    "data": [
        "security/ir.model.access.csv",
        "security/aftersales_contract_security.xml",
        "data/ir_sequence_data.xml",
        "data/ir_cron_data.xml",
        "views/aftersales_contract_instalment_views.xml",
        "views/aftersales_maintenance_plan_views.xml",
        "views/aftersales_maintenance_rule_views.xml",
        "views/aftersales_contract_views.xml",
        "views/aftersales_charge_views.xml",
        "views/aftersales_request_views.xml",
        "views/aftersales_sla_policy_views.xml",
        "views/aftersales_unit_views.xml",
        "views/aftersales_warranty_policy_views.xml",
        "views/res_config_settings_views.xml",
        "views/aftersales_contract_portal_templates.xml",
        "views/aftersales_contract_menus.xml",
    ],
    "demo": [
        "demo/aftersales_contract_demo.xml",
    ],
}
