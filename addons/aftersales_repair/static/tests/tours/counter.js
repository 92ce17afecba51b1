import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

const inField = (name) => `.o_field_widget[name=${name}]`;
const units = `.o_form_view ${inField("line_ids")}`;
const row = `${units} .o_selected_row`;

/** Press a button of the form's header. */
function press(name) {
    return {
        content: `Press ${name}`,
        trigger: `.o_statusbar_buttons button[name=${name}]:enabled`,
        run: "click",
    };
}

/** Add a line and scan the serial number of a unit into it. */
function scan(serial, product) {
    return [
        {
            content: `Add a line for ${serial}`,
            trigger: `${units} .o_field_x2many_list_row_add a:first`,
            run: "click",
        },
        {
            content: `Scan ${serial}`,
            trigger: `${row} ${inField("lookup")} input`,
            run: `edit ${serial} && press Tab`,
        },
        {
            content: `${serial} is found`,
            trigger: `${row} [name=product_id]:has(input:value(${product})), ${row} [name=product_id]:contains(${product})`,
        },
    ];
}

tours.add("aftersales_counter_to_hand_over", {
    steps: () => [
        {
            content: "A customer stands at the counter",
            trigger: ".o_control_panel button:contains(New Intake)",
            run: "click",
        },
        ...scan("COUNTER-0", "Air Conditioner 35"),
        {
            content: "The warranty is seen at once",
            trigger: `${row} [name=finding]:contains(Until)`,
        },
        {
            content: "What he says",
            trigger: `${row} ${inField("subject")} input`,
            run: "edit Drips on the carpet",
        },
        {
            content: "What he brought along",
            trigger: `${row} ${inField("accessories")} :is(input, textarea)`,
            run: "edit 2 x Hose (worn) / Remote control",
        },
        {
            content: "The serial found the customer",
            trigger: `.o_form_view ${inField("partner_id")} input:value(Lin Household)`,
        },
        press("action_take_in"),
        {
            content: "It is taken in",
            trigger: ".alert-success:contains(All units are taken in)",
        },
        {
            content: "The slip can be printed",
            trigger: ".o_statusbar_buttons button[name=action_print_slip].oe_highlight, .o_statusbar_buttons button[name=action_print_slip].btn-primary",
        },
        {
            content: "Open its work order",
            trigger: `${units} .o_data_row button[name=action_open_order]`,
            run: "click",
        },
        {
            content: "What he brought along came with it",
            trigger: ".o_form_view .nav-link[name=handover]",
            run: "click",
        },
        {
            content: "Each with its condition",
            trigger: `${inField("accessory_ids")} .o_data_row:contains(Hose):contains(worn)`,
        },
        press("action_validate"),
        press("action_repair_start"),
        press("action_repair_end"),
        {
            content: "He comes for it",
            trigger: ".o_statusbar_buttons button:contains(Hand Back):enabled",
            run: "click",
        },
        {
            content: "Who takes it",
            trigger: `.modal ${inField("handed_over_to")} input`,
            run: "edit Lin Mei",
        },
        {
            content: "Hand it back",
            trigger: ".modal button[name=action_hand_back]:enabled",
            run: "click",
        },
        { content: "It is handed over", trigger: "body:not(:has(.modal))" },
    ],
});

tours.add("aftersales_batch_of_ten", {
    steps: () => [
        {
            content: "What is wrong with all of them",
            trigger: `.o_form_view .o_inner_group ${inField("subject")} input`,
            run: "edit Make noise",
        },
        ...Array.from({ length: 9 }, (_, number) =>
            scan(`COUNTER-${number}`, "Air Conditioner 35")
        ).flat(),
        ...scan("FOREIGN-1", "Air Conditioner 35"),
        press("action_take_in"),
        {
            content: "Nine are taken in, one says why it is not",
            trigger: `.alert-danger:contains(could not be taken in)`,
        },
        {
            content: "The line names the owner; correct the serial",
            trigger: `${units} .o_data_row:contains(belongs to Zhao) td[name=lookup]`,
            run: "click",
        },
        {
            content: "It was the tenth of his own",
            trigger: `${row} ${inField("lookup")} input`,
            run: "edit COUNTER-9 && press Tab",
        },
        press("action_take_in"),
        {
            content: "All ten are taken in",
            trigger: ".alert-success:contains(All units are taken in)",
        },
        {
            content: "Each has its work order",
            trigger: `${units} .o_data_row:nth-child(10):contains(/RO/)`,
        },
    ],
});
