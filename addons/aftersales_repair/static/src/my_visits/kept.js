const PREFIX = "aftersales.visits.";
const KEEP_DAYS = 14;
const DAY = 24 * 3600 * 1000;

/**
 * What a technician typed, kept in the browser until the server has it.
 *
 * Each person has a place of his own, named by a word that only the server makes: who logs in
 * after him on the same phone neither sees it nor sends it.
 *
 * - drafts: what stands in a form, by visit and step
 * - outbox: what was submitted and not accepted yet, first in first out
 */
export class Kept {
    constructor(owner, storage = window.localStorage) {
        this.name = PREFIX + owner;
        this.storage = storage;
        this.forgetOld();
    }

    /** Whether this browser keeps anything at all; private windows may not. */
    get works() {
        try {
            this.storage.setItem(`${PREFIX}try`, "1");
            this.storage.removeItem(`${PREFIX}try`);
            return true;
        } catch {
            return false;
        }
    }

    get outbox() {
        return this.read().outbox;
    }

    getDraft(visit, step) {
        return this.read().drafts[`${visit}/${step}`];
    }

    setDraft(visit, step, values) {
        return this.change((kept) => {
            kept.drafts[`${visit}/${step}`] = { values, time: Date.now() };
        });
    }

    removeDraft(visit, step) {
        return this.change((kept) => {
            delete kept.drafts[`${visit}/${step}`];
        });
    }

    /** Forget the drafts of steps that a visit does not offer any more. */
    keepDrafts(visit, steps) {
        this.change((kept) => {
            for (const name of Object.keys(kept.drafts)) {
                const [of, step] = name.split("/");
                if (of === visit && !steps.includes(step)) {
                    delete kept.drafts[name];
                }
            }
        });
    }

    /** Queue what was submitted; a later text of the same form takes the place of the earlier. */
    queue(entry) {
        return this.change((kept) => {
            const place = kept.outbox.findIndex(
                (other) =>
                    other.key === entry.key ||
                    (!entry.repeated && other.visit === entry.visit && other.step === entry.step)
            );
            if (place < 0) {
                kept.outbox.push(entry);
            } else {
                kept.outbox[place] = entry;
            }
        });
    }

    unqueue(key) {
        return this.change((kept) => {
            kept.outbox = kept.outbox.filter((entry) => entry.key !== key);
        });
    }

    read() {
        try {
            const kept = JSON.parse(this.storage.getItem(this.name)) || {};
            return { drafts: {}, outbox: [], ...kept };
        } catch {
            return { drafts: {}, outbox: [] };
        }
    }

    /** Change what is kept; return whether the browser took it. */
    change(edit) {
        const kept = this.read();
        edit(kept);
        try {
            if (kept.outbox.length || Object.keys(kept.drafts).length) {
                this.storage.setItem(this.name, JSON.stringify({ ...kept, time: Date.now() }));
            } else {
                this.storage.removeItem(this.name);
            }
            return true;
        } catch {
            return false;
        }
    }

    /** Forget what anybody left here and did not come back for. */
    forgetOld() {
        try {
            for (const name of Object.keys(this.storage)) {
                if (name.startsWith(PREFIX)) {
                    const { time } = JSON.parse(this.storage.getItem(name)) || {};
                    if (!time || Date.now() - time > KEEP_DAYS * DAY) {
                        this.storage.removeItem(name);
                    }
                }
            }
        } catch {
            // What cannot be read is not in the way either.
        }
    }
}
