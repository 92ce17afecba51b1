import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("aftersales_customer_signs_estimate", {
    steps: () => [
        { content: "The page asks for an answer", trigger: "h5:contains(We need your answer)" },
        { content: "What he pays is said", trigger: "[name=you_pay]:contains(50.00)" },
        {
            content: "Write the name",
            trigger: "[name=accept] .o_web_sign_name_and_signature input",
            run: "edit Li Na",
        },
        {
            content: "The signature is drawn",
            trigger: "[name=accept] canvas.o_web_sign_signature",
            run: "canvasNotEmpty",
        },
        {
            content: "Nothing is cut off on the phone",
            trigger: "[name=accept] .o_portal_sign_submit:enabled",
            run({ anchor }) {
                const { left, right } = anchor.getBoundingClientRect();
                if (left < 0 || right > window.innerWidth) {
                    throw new Error("The button stands outside the screen");
                }
            },
        },
        {
            content: "Accept",
            trigger: "[name=accept] .o_portal_sign_submit:enabled",
            run: "click",
            expectUnloadPage: true,
        },
        { content: "The answer is there", trigger: "h5:contains(You accepted the estimate)" },
        { content: "The order shows it", trigger: ".badge:contains(Agreed)" },
        { content: "There is nothing to sign any more", trigger: "body:not(:has([name=accept]))" },
    ],
});
