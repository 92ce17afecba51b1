import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

const inField = (name) => `.o_field_widget[name=${name}]`;
const signature = "[name=signature]";

/** Fail when an element is cut off by the edge of the phone. */
function fitsOnScreen({ anchor }) {
    const { left, right } = anchor.getBoundingClientRect();
    if (left < 0 || right > window.innerWidth) {
        throw new Error(`${anchor.textContent.trim()} stands outside the screen`);
    }
}

/** Tap a button that posts its form, and wait for what the next page shows. */
function tap(content, trigger, shown) {
    return [
        { content: `${content}: it is in reach of the thumb`, trigger, run: fitsOnScreen },
        { content, trigger, run: "click", expectUnloadPage: true },
        { content: `${content}: done`, trigger: shown },
    ];
}

tours.add("aftersales_agent_sends_technician", {
    steps: () => [
        {
            content: "Plan a visit of the work order",
            trigger: ".o_statusbar_buttons button[name=action_plan_visit]",
            run: "click",
        },
        {
            content: "Whose order it is goes there",
            trigger: `.o_form_view ${inField("labour_share")}`,
        },
        {
            content: "He is named already",
            trigger: `${inField("user_id")} input:value(Tao Technician)`,
        },
        {
            content: "Now is the time",
            trigger: "input[data-field=planned_from]",
            run: "edit +0d && press Tab",
        },
        {
            content: "What to bring along",
            trigger: `${inField("accessories")} textarea`,
            run: "edit Ladder",
        },
        { content: "Save", trigger: ".o_form_button_save:visible", run: "click" },
        { content: "It is saved", trigger: ".o_form_saved" },
        {
            content: "It waits for him",
            trigger: ".o_statusbar_status .o_arrow_button_current:contains(Planned)",
        },
    ],
});

tours.add("aftersales_technician_visits", {
    steps: () => [
        { content: "The visit is there", trigger: "[name=visit]:contains(Lin Household)" },
        ...tap("Set out", "form[data-step=start] button", "form[data-step=arrive]"),
        { content: "What to bring along", trigger: "[name=facts]:contains(Ladder)" },
        ...tap("Arrived", "form[data-step=arrive] button", "form[data-step=finish]"),
        ...tap("Start the work", "form[data-step=work] button", "[name=work]:contains(Repair)"),
        { content: "Open the parts", trigger: "details[name=parts] summary", run: "click" },
        {
            content: "Take a compressor",
            trigger: "#quant",
            run: "selectByLabel Compressor (5)",
        },
        ...tap(
            "Use it",
            "form[data-step=part] button",
            "details[name=parts] summary:contains((1))"
        ),
        { content: "It is solved", trigger: "#result", run: "select solved" },
        {
            content: "What was done",
            trigger: "#result_note",
            run: "edit New compressor",
        },
        ...tap("Finish", "#finish button[type=submit]", `${signature} canvas`),
        {
            content: "The customer writes his name",
            trigger: `${signature} .o_web_sign_name_and_signature input`,
            run: "edit Lin Mei",
        },
        {
            content: "He draws his signature",
            trigger: `${signature} canvas.o_web_sign_signature`,
            run({ anchor }) {
                const { left, top, width, height } = anchor.getBoundingClientRect();
                const draw = (type, along, buttons = 1) =>
                    anchor.dispatchEvent(
                        new PointerEvent(type, {
                            bubbles: true,
                            button: 0,
                            buttons,
                            isPrimary: true,
                            clientX: left + width * along,
                            clientY: top + height / 2,
                        })
                    );
                draw("pointerdown", 0.2);
                for (let along = 0.2; along < 0.8; along += 0.1) {
                    draw("pointermove", along);
                }
                draw("pointerup", 0.8, 0);
            },
        },
        ...tap(
            "Sign",
            `${signature} .o_portal_sign_submit:enabled`,
            `${signature}:contains(Signed by Lin Mei)`
        ),
        ...tap("End the work", "form[data-step=end] button", "[name=work] .text-bg-success"),
    ],
});

tours.add("aftersales_customer_refuses_estimate", {
    steps: () => [
        { content: "The page asks for an answer", trigger: "h5:contains(We need your answer)" },
        { content: "Refuse", trigger: "a[href='#refuse_estimate']", run: "click" },
        {
            content: "Say who",
            trigger: "#refuse_estimate.show [name=name]",
            run: "edit Li Na",
        },
        {
            content: "Say why",
            trigger: "#refuse_estimate.show [name=reason]",
            run: "edit Too dear",
        },
        ...tap(
            "Send the answer",
            "#refuse_estimate.show button[type=submit]",
            "h5:contains(You refused the estimate)"
        ),
    ],
});

tours.add("aftersales_agent_returns_unrepaired", {
    steps: () => [
        {
            content: "The order says it was refused",
            trigger: ".alert-danger:contains(The customer refused the estimate)",
        },
        {
            content: "Nobody will repair it",
            trigger: ".o_statusbar_buttons button[name=action_repair_cancel]",
            run: "click",
        },
        {
            content: "It goes back unrepaired",
            trigger: `.oe_title ${inField("progress")}:contains(Returned Unrepaired)`,
        },
        { content: "See the charges", trigger: ".nav-link[name=charges]", run: "click" },
        {
            content: "The diagnosis is charged",
            trigger: `${inField("charge_ids")} .o_data_row:not(.text-muted):contains(20.00)`,
        },
        {
            content: "The diagnosis is settled",
            trigger: ".o_statusbar_buttons button[name=action_settle]",
            run: "click",
        },
        {
            content: "The settlement is over the fee",
            trigger: ".o_form_view .oe_title, .o_list_view .o_data_row",
        },
    ],
});
