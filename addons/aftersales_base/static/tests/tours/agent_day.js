import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

const inField = (name) => `.o_form_view ${`.o_field_widget[name=${name}]`}`;
const inTriage = ".o_aftersales_triage";

/** Type into the box what the customer says and take what it finds. */
function findCaller(term, label) {
    return [
        { content: "New request", trigger: ".o_list_button_add", run: "click" },
        {
            content: `Type ${term}, as the customer says it`,
            trigger: `${inField("lookup")} input`,
            run: `edit ${term}`,
        },
        {
            content: `Take ${label}`,
            trigger: `${inField("lookup")} .o-autocomplete--dropdown-item:contains(${label})`,
            run: "click",
        },
        {
            content: "The customer is filled in",
            trigger: `${inField("partner_id")} input:value(Lin Household)`,
        },
    ];
}

/** Type into a many2one and take the record of that name. */
function pick(trigger, name) {
    return [
        { content: `Type ${name}`, trigger: `${trigger} input`, run: `edit ${name}` },
        {
            content: `Take ${name}`,
            trigger: `.o-autocomplete--dropdown-item > a:contains(${name})`,
            run: "click",
        },
    ];
}

function noteTrouble(text) {
    return {
        content: "Note the trouble",
        trigger: `${inField("subject")} textarea`,
        run: `edit ${text}`,
    };
}

function save() {
    return [
        { content: "Save", trigger: ".o_form_button_save:visible", run: "click" },
        { content: "It is saved", trigger: ".o_form_saved" },
    ];
}

tours.add("aftersales_agent_solves_on_phone", {
    steps: () => [
        ...findCaller("138 0000 0001", "TOUR-0001"),
        {
            content: "The warranty is seen at once",
            trigger: `${inField("warranty_status")}:contains(In Warranty)`,
        },
        {
            content: "And that he asked before",
            trigger: ".o_form_view button[name=action_view_customer_requests]:contains(2 solved)",
        },
        noteTrouble("No cold air since Monday"),
        {
            content: "Nothing is suggested without a symptom",
            trigger: `${inTriage}:contains(Choose the symptom)`,
        },
        ...pick(inField("symptom_id"), "Does not cool"),
        {
            content: "What helped most often comes first, with the count",
            trigger: `${inTriage} li:first:contains(Filter cleaned):contains(2 of 3)`,
        },
        {
            content: "Open how to do it",
            trigger: `${inTriage} li:first button:contains(How to do it)`,
            run: "click",
        },
        {
            content: "The text opens beside the form",
            trigger: `${inTriage} li:first .o_aftersales_triage_text:contains(lukewarm water)`,
        },
        {
            content: "The customer does it, and it helps",
            trigger: `${inTriage} li:first button:contains(Use This)`,
            run: "click",
        },
        {
            content: "The remedy is on the request",
            trigger: `${inField("remedy_id")} input:value(Filter cleaned)`,
        },
        {
            content: "And the cause",
            trigger: `${inField("cause_id")} input:value(Worn out)`,
        },
        ...save(),
        {
            content: "Solved on the phone",
            trigger: ".o_statusbar_buttons button:contains(Solved on the Phone)",
            run: "click",
        },
        {
            content: "The dialog knows the remedy",
            trigger: ".modal .o_field_widget[name=remedy_id] input:value(Filter cleaned)",
        },
        {
            content: "Say how",
            trigger: ".modal .o_field_widget[name=note] textarea",
            run: "edit He rinsed both filters",
        },
        {
            content: "Close the request",
            trigger: ".modal button[name=action_solve]:enabled",
            run: "click",
        },
        {
            content: "It is solved",
            trigger: ".o_statusbar_status .o_arrow_button_current:contains(Solved)",
        },
        {
            content: "And the agent is to check back",
            trigger: ".o-mail-Activity:contains(Check back at)",
        },
        {
            content: "Tell the next one",
            trigger: ".o_statusbar_buttons button[name=action_add_solution]",
            run: "click",
        },
        {
            content: "The catalogue's entry is filled in",
            trigger: ".modal .o_field_widget[name=remedy_id] input:value(Filter cleaned)",
        },
        {
            content: "With what he wrote",
            trigger: ".modal .o_field_widget[name=text]:contains(rinsed both filters)",
        },
        {
            content: "Save the proposal",
            trigger: ".modal .o_form_button_save:enabled",
            run: "click",
        },
        { content: "Back on the request", trigger: "body:not(:has(.modal)) .o_form_saved" },
    ],
});

tours.add("aftersales_agent_dispatches", {
    steps: () => [
        ...findCaller("TOUR-0001", "TOUR-0001"),
        noteTrouble("Smells burnt"),
        ...pick(inField("team_id"), "Team A"),
        ...save(),
        {
            content: "Who should do it?",
            trigger: ".o_form_view button[name=action_suggest_assignee]",
            run: "click",
        },
        {
            content: "The best comes first, with the reasons",
            trigger: ".modal .o_data_row:first:contains(Tao Technician)",
        },
        {
            content: "Assign him",
            trigger: ".modal .o_data_row:first button[name=action_assign]",
            run: "click",
        },
        {
            content: "He has it",
            trigger: `body:not(:has(.modal)) ${inField("user_id")} input:value(Tao Technician)`,
        },
        { content: "It is saved", trigger: ".o_form_saved" },
    ],
});
