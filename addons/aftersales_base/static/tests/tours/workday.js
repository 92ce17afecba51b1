import { registry } from "@web/core/registry";

const work = ".o_aftersales_workday";
const back = { content: "Back to my work", trigger: ".o_menu_sections .o_nav_entry:contains(My Work Today)", run: "click" };

/** The first screen: every line, count and to-do is a click, by mouse and by key. */
registry.category("web_tour.tours").add("aftersales_workday", {
    steps: () => [
        {
            content: "What is due first stands on top, and says how late it is",
            trigger: `${work} .list-group-item:first:contains(No heat):contains(Late by)`,
            run: "click",
        },
        { content: "The request opens", trigger: ".o_form_view:contains(No heat)" },
        back,
        {
            content: "What is late is counted",
            trigger: `${work} button:contains(1 Late)`,
            run: "click",
        },
        {
            content: "The list shows what was counted",
            trigger: ".o_list_view .o_data_row:contains(No heat)",
        },
        back,
        {
            content: "To-dos stand beside it",
            trigger: `${work} section[aria-label=To-dos] .list-group-item:contains(Call her)`,
            run: "click",
        },
        { content: "What it is about opens", trigger: ".o_form_view:contains(Drips)" },
        back,
        {
            content: "A key opens a new request",
            trigger: `${work} h2:contains(What Is Next)`,
            run: "press alt+c",
        },
        { content: "An empty request", trigger: ".o_form_view:contains(New Request)" },
    ],
});
