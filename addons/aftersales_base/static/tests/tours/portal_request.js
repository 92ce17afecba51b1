import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

const PNG = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13]);
const composer = "#chatterRoot:shadow .o-mail-Composer";

/** Press a button that sends a form, and wait for what the next page says. */
function send(content, trigger, said) {
    return [
        { content, trigger, run: "click", expectUnloadPage: true },
        { content: `The page says: ${said}`, trigger: `main:contains(${said}), #wrap:contains(${said})` },
    ];
}

/** Open the form, choose why it can be closed, and send it. */
function close(reason) {
    return [
        { content: "Open the form", trigger: "a[href='#request_close']", run: "click" },
        {
            content: "Choose why",
            trigger: `#request_close.show input[name=reason][value=${reason}]`,
            run: "click",
        },
        ...send("Close it", "#request_close button[type=submit]", "The request is closed"),
    ];
}

tours.add("aftersales_customer_asks", {
    steps: () => [
        {
            content: "Ask for service on the product",
            trigger: "a[href$='/service']:contains(Ask for service)",
            run: "click",
            expectUnloadPage: true,
        },
        { content: "Say what is wrong", trigger: "#subject", run: "edit It leaks below" },
        { content: "Tell more", trigger: "#description", run: "edit Since this morning" },
        {
            content: "Add a picture",
            trigger: "#files",
            run({ anchor }) {
                const files = new DataTransfer();
                files.items.add(new File([PNG], "leak.png", { type: "image/png" }));
                anchor.files = files.files;
                anchor.dispatchEvent(new Event("change", { bubbles: true }));
            },
        },
        ...send("Send it", "button[type=submit]:contains(Send request)", "Your request is with us"),
        { content: "It waits for us", trigger: "h5:contains(We have your request)" },
        { content: "The picture is there", trigger: "[name=files] a:contains(leak.png)" },
        {
            content: "Write in the thread",
            trigger: `${composer} .o-mail-Composer-input`,
            run: "edit Ring at the back door",
        },
        {
            content: "Send the message",
            trigger: `${composer} button[aria-label=Send]:enabled, ${composer} .o-mail-Composer-send:enabled`,
            run: "click",
        },
        {
            content: "It stands in the thread",
            trigger: "#chatterRoot:shadow .o-mail-Message:contains(Ring at the back door)",
        },
    ],
});

tours.add("aftersales_customer_closes_reopens_rates", {
    steps: () => [
        ...close("works"),
        { content: "It is solved", trigger: "h5:contains(This is solved)" },
        { content: "It is not, after all", trigger: "a[href='#request_reopen']", run: "click" },
        {
            content: "Say what is wrong",
            trigger: "#request_reopen.show textarea",
            run: "edit It leaks again",
        },
        ...send(
            "Have it taken up again",
            "#request_reopen button[type=submit]",
            "We take it up again"
        ),
        { content: "We are on it", trigger: "h5:contains(We are working on it)" },
        ...close("helped"),
        { content: "Happy", trigger: "label[for=rate_5]", run: "click" },
        { content: "Say why", trigger: "#rate_comment", run: "edit Very friendly" },
        ...send("Send the rating", "[name=rate] button[type=submit]", "Thank you"),
        { content: "What was said is shown", trigger: "p:contains(You said: Happy)" },
    ],
});
