import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

const inField = (name) => `.o_field_widget[name=${name}]`;
const inCharges = `.o_form_view ${inField("charge_ids")}`;
const inParts = `.o_form_view ${inField("move_ids")}`;

/** Type into a many2one and take the record of that name. */
function pick(content, trigger, name) {
    return [
        { content: `${content}: type ${name}`, trigger: `${trigger} input`, run: `edit ${name}` },
        {
            content: `${content}: take ${name}`,
            trigger: `.o-autocomplete--dropdown-item > a:contains(${name})`,
            run: "click",
        },
    ];
}

function save() {
    return [
        { content: "Save", trigger: ".o_form_button_save:visible", run: "click" },
        { content: "It is saved", trigger: ".o_form_saved" },
    ];
}

/** Press a button of the form's header and wait for the state it leads to. */
function press(name, state) {
    return [
        {
            content: `Press ${name}`,
            trigger: `.o_statusbar_buttons button[name=${name}]:enabled`,
            run: "click",
        },
        {
            content: `The state is ${state}`,
            trigger: `.o_statusbar_status .o_arrow_button_current:contains(${state})`,
        },
    ];
}

/** Add labour, travel or a fee; the line says who pays, and why, before anything is saved. */
function addCharge(position, product, bearer, explanation) {
    const line = `${inCharges} .o_data_row.o_selected_row:nth-child(${position})`;
    return [
        {
            content: `Add a charge for ${product}`,
            trigger: `${inCharges} .o_field_x2many_list_row_add a:first`,
            run: "click",
        },
        ...pick("Charge", `${line} ${inField("product_id")}`, product),
        {
            content: `${product}: ${bearer} pays`,
            trigger: `${line} [name=bearer]:contains(${bearer})`,
        },
        {
            content: `${product}: the line says why`,
            trigger: `${line} [name=bearer] [data-tooltip*="${explanation}"]`,
        },
        {
            content: "It is not saved yet",
            trigger: ".o_form_status_indicator .o_form_button_save:visible",
        },
    ];
}

tours.add("aftersales_agent_takes_request", {
    steps: () => [
        { content: "New request", trigger: ".o_list_button_add", run: "click" },
        {
            content: "Type the serial number the customer reads from the plate",
            trigger: `${inField("lookup")} input`,
            run: "edit TOUR-0001 && press Tab",
        },
        {
            content: "The installed product is found",
            trigger: `${inField("unit_id")} input:value(TOUR-0001)`,
        },
        {
            content: "And with it the customer",
            trigger: `${inField("partner_id")} input:value(Lin Household)`,
        },
        {
            content: "The warranty is seen at once",
            trigger: `${inField("warranty_status")}:contains(In Warranty)`,
        },
        {
            content: "Note the trouble",
            trigger: `${inField("subject")} textarea`,
            run: "edit Does not cool",
        },
        ...pick("Kind of service", inField("service_type_id"), "On Site"),
        ...pick("Who does it", inField("user_id"), "Tao Technician"),
        ...save(),
        {
            content: "Create the work order",
            trigger: ".o_statusbar_buttons button[name=action_create_work_order]",
            run: "click",
        },
        {
            content: "The work order knows its installed product",
            trigger: `.o_form_view:has(${inField("request_id")}) ${inField("unit_id")} input:value(TOUR-0001)`,
        },
        {
            content: "And its customer",
            trigger: `${inField("partner_id")} input:value(Lin Household)`,
        },
        { content: "It is saved", trigger: ".o_form_saved" },
    ],
});

tours.add("aftersales_technician_does_work", {
    steps: () => [
        {
            content: "Open my work order",
            trigger: ".o_list_view .o_data_row:contains(Lin Household) .o_data_cell[name=partner_id]",
            run: "click",
        },
        {
            content: "Plan a part",
            trigger: `${inParts} .o_field_x2many_list_row_add a:first`,
            run: "click",
        },
        ...pick("Part", `${inParts} .o_selected_row ${inField("product_id")}`, "Compressor"),
        { content: "See the charges", trigger: ".nav-link[name=charges]", run: "click" },
        ...addCharge(1, "Labour Hour", "Us", "12 months"),
        ...addCharge(2, "Travel Fee", "Customer", "warranty"),
        ...save(),
        {
            content: "The part is charged to the maker",
            trigger: `${inCharges} .o_data_row:contains(Compressor) [name=bearer]:contains(Maker)`,
        },
        {
            content: "What the customer pays is summed up",
            trigger: `.o_form_view .oe_subtotal_footer ${inField("customer_amount")}:contains(50.00)`,
        },
        ...press("action_validate", "Confirmed"),
        ...press("action_repair_start", "Under Repair"),
        ...press("action_repair_end", "Repaired"),
        {
            content: "The order waits for its settlement",
            trigger: `.oe_title ${inField("progress")}:contains(To Settle)`,
        },
    ],
});

tours.add("aftersales_agent_settles", {
    steps: () => [
        {
            content: "Settle the finished work",
            trigger: ".o_statusbar_buttons button[name=action_settle]",
            run: "click",
        },
        {
            content: "One settlement is for the customer",
            trigger: ".o_list_view .o_data_row:contains(Lin Household):contains(57.50)",
        },
        {
            content: "One is a claim on the maker",
            trigger: ".o_list_view .o_data_row:contains(Kitano Compressors):contains(920.00)",
        },
    ],
});

/** Confirm a payer's settlement, invoice it, post the invoice and register its payment. */
function billAndCollect(payer) {
    return [
        {
            content: `Open the settlement of ${payer}`,
            trigger: `.o_list_view .o_data_row:contains(${payer}) .o_data_cell[name=name]`,
            run: "click",
        },
        ...press("action_confirm", "Confirmed"),
        {
            content: "Create the invoice",
            trigger: ".o_statusbar_buttons button[name=action_create_invoice]:enabled",
            run: "click",
        },
        {
            content: "The invoice names the payer",
            trigger: `.o_form_view ${inField("invoice_line_ids")}`,
        },
        ...press("action_post", "Posted"),
        {
            content: "Register the payment",
            trigger: ".o_statusbar_buttons button[name=action_register_payment]:enabled",
            run: "click",
        },
        {
            content: "As proposed",
            trigger: ".modal button[name=action_create_payments]:enabled",
            run: "click",
        },
        { content: "The invoice is paid", trigger: ".o_form_view .ribbon:contains(Paid)" },
        { content: "Back to the settlement", trigger: ".o_back_button", run: "click" },
        {
            content: "The settlement is paid",
            trigger: ".o_statusbar_status .o_arrow_button_current:contains(Paid)",
        },
        { content: "Back to the settlements", trigger: ".o_back_button", run: "click" },
        {
            content: `The list shows that ${payer} paid`,
            trigger: `.o_list_view .o_data_row:contains(${payer}) [name=status]:contains(Paid)`,
        },
    ];
}

tours.add("aftersales_accountant_collects", {
    steps: () => [
        ...billAndCollect("Lin Household"),
        ...billAndCollect("Kitano Compressors"),
    ],
});

tours.add("aftersales_agent_sees_paid", {
    steps: () => [
        {
            content: "The work order shows that it is paid",
            trigger: `.oe_title ${inField("progress")}:contains(Paid)`,
        },
    ],
});
