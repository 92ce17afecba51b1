# Part of the after-sales suite. License LGPL-3.

{
    "name": "After-sales Stock",
    "version": "19.0.1.0.0",
    "category": "Services/After-sales",
    "summary": "Deliveries register installed products, returns close them",
    "author": "After-sales suite contributors",
    "website": "https://github.com/aftersales-suite/aftersales",
    "license": "LGPL-3",
    "depends": ["aftersales_base", "sale_stock"],
    "data": [
        "security/ir.model.access.csv",
        "security/aftersales_unit_register_security.xml",
        "data/ir_cron_data.xml",
        "views/aftersales_unit_register_job_views.xml",
        "wizard/aftersales_unit_register_views.xml",
        "wizard/stock_picking_return_views.xml",
        "views/aftersales_unit_views.xml",
        "views/product_template_views.xml",
        "views/sale_order_views.xml",
        "views/stock_picking_views.xml",
    ],
    "demo": [
        "demo/aftersales_stock_demo.xml",
    ],
}
