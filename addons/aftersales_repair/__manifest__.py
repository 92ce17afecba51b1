# Part of the after-sales suite. License LGPL-3.

{
    "name": "After-sales Work Orders",
    "version": "19.0.1.0.0",
    "category": "Services/After-sales",
    "summary": "Repair orders with requests, installed products, labour, fees and who pays",
    "author": "After-sales suite contributors",
    "website": "https://github.com/aftersales-suite/aftersales",
    "license": "LGPL-3",
    "depends": ["aftersales_stock", "repair"],
    "data": [
        "security/ir.model.access.csv",
        "security/aftersales_repair_security.xml",
        "data/stock_warehouse_data.xml",
        "data/ir_cron_data.xml",
        "data/mail_activity_type_data.xml",
        "data/mail_template_data.xml",
        "report/repair_order_reports.xml",
        "report/repair_order_templates.xml",
        "report/repair_order_handover_templates.xml",
        "wizard/aftersales_hand_back_views.xml",
        "wizard/aftersales_job_add_views.xml",
        "views/repair_order_views.xml",
        "views/aftersales_charge_views.xml",
        "views/aftersales_request_views.xml",
        "views/aftersales_unit_views.xml",
        "views/aftersales_service_type_views.xml",
        "views/aftersales_job_views.xml",
        "views/aftersales_checklist_views.xml",
        "views/res_config_settings_views.xml",
        "views/aftersales_repair_menus.xml",
    ],
    "demo": [
        "demo/aftersales_repair_demo.xml",
    ],
    "assets": {
        "web.assets_tests": [
            "aftersales_repair/static/tests/tours/**/*",
        ],
    },
}
