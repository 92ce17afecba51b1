import { onError, onMounted, onWillUnmount, useState } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { SignatureForm } from "@portal/signature_form/signature_form";

/**
 * The customer's signature on a phone whose connection comes and goes: it is handed to the page,
 * which keeps it and sends it after what was noted before.
 */
export class VisitSignature extends SignatureForm {
    static template = "aftersales_repair.VisitSignature";

    setup() {
        super.setup();
        this.loading = useState({ failed: false });
        // What cannot be loaded without connection must not stand in the way of what can be noted.
        onError(() => {
            this.loading.failed = true;
        });
        const show = () => this.signature.resetSignature();
        onMounted(() => window.addEventListener("aftersales-visit-sign", show));
        onWillUnmount(() => window.removeEventListener("aftersales-visit-sign", show));
    }

    async onClickSubmit() {
        const detail = {
            name: this.signature.name,
            signature: this.signature.getSignatureImage().split(",")[1],
        };
        const taken = !this.rootRef.el.dispatchEvent(
            new CustomEvent("aftersales-visit-signed", { detail, bubbles: true, cancelable: true })
        );
        return taken ? undefined : super.onClickSubmit();
    }
}

registry.category("public_components").add("aftersales_repair.visit_signature", VisitSignature);
