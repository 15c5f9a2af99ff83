// The same work as `subject measure` does, as a Node function does it: prints nanoseconds of processor time a pass.
//
//     node peer.mjs <folder of subject export> webhook | render | message | publish
//
// The packages are found beside this file or by NODE_PATH.

import { createHmac, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const ROUNDS = 5;
const LANGUAGES = 5;
const [folder, work] = process.argv.slice(2);
const require = createRequire(join(process.env.PEERS ?? import.meta.dirname, "package.json"));
const read = (name) => readFileSync(join(folder, name), "utf8");

async function middle(passes, pass) {
  const one = async () => {
    const before = process.cpuUsage();
    for (let done = 0; done < passes; done += 1) await pass();
    const { user, system } = process.cpuUsage(before);
    return Math.round(((user + system) * 1000) / passes);
  };
  await one();
  const rounds = [];
  for (let round = 0; round < ROUNDS; round += 1) rounds.push(await one());
  return rounds.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)];
}

// Verifies and reads: what a handler needs of an order.
function readOrder({ secret, signature, body }) {
  const bytes = Buffer.from(body);
  return () => {
    const made = createHmac("sha256", secret).update(bytes).digest("base64");
    if (!timingSafeEqual(Buffer.from(made), Buffer.from(signature))) throw new Error("the signature is wrong");
    const order = JSON.parse(bytes.toString("utf8"));
    return {
      number: String(order.id),
      email: order.email.trim().toLowerCase(),
      currency: order.currency,
      placedAt: order.processed_at,
      lines: order.line_items.map(({ sku, title, quantity, price }) => [sku, title, quantity, price]),
    };
  };
}

// The published templates in Handlebars' words. Names that no loop binds are those of the data.
function translated(source) {
  const [bound, blocks] = [[], []];
  const path = (name) => {
    const dotted = name.replace(/\[(\d+)\]/g, ".[$1]");
    return bound.includes(name.split(/[.[]/)[0]) ? dotted : `@root.${dotted}`;
  };
  const condition = (words) => (words.startsWith("not ") ? ["unless", path(words.slice(4))] : ["if", path(words)]);
  const statement = (words) => {
    const [verb, rest] = [words.split(" ")[0], words.slice(words.indexOf(" ") + 1)];
    if (verb === "if") {
      const [kind, name] = condition(rest);
      blocks.push(kind);
      return `#${kind} ${name}`;
    }
    if (verb === "elif") return `else ${condition(rest).join(" ")}`;
    if (verb === "else") return "else";
    if (verb === "for") {
      const [, item, list] = rest.match(/^(\w+) in (.+)$/);
      const head = `#each ${path(list)} as |${item}|`;
      bound.push(item);
      blocks.push("each");
      return head;
    }
    if (verb === "endfor") bound.pop();
    if (verb === "endif" || verb === "endfor") return `/${blocks.pop()}`;
    throw new Error(`${words} has no translation`);
  };
  return source.replace(
    /\{([%{])(-?)\s*(.*?)\s*(-?)[%}]\}/g,
    (_, kind, before, words, after) =>
      `{{${before && "~"}${kind === "%" ? statement(words) : path(words)}${after && "~"}}}`,
  );
}

// What a reader sees: engines escape and break lines differently.
function seen(text) {
  const names = { amp: "&", lt: "<", gt: ">", quot: '"' };
  return text
    .replace(/&#x([0-9a-f]+);/gi, (_, code) => String.fromCodePoint(parseInt(code, 16)))
    .replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))
    .replace(/&(amp|lt|gt|quot);/g, (_, name) => names[name])
    .replace(/\s+/g, "");
}

function mail() {
  const Handlebars = require("handlebars");
  const { templates, data, rendered } = JSON.parse(read("mail.json"));
  const compile = (name) => Handlebars.compile(translated(templates[name]), { strict: true, noEscape: name !== "html" });
  const parts = Object.fromEntries(["subject", "preheader", "html", "text"].map((name) => [name, compile(name)]));
  const render = () => Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, part(data)]));
  const made = render();
  for (const [name, expected] of Object.entries(rendered)) {
    if (seen(made[name]) !== seen(expected)) throw new Error(`the ${name} differs`);
  }
  return render;
}

function message() {
  const MailComposer = require("nodemailer/lib/mail-composer");
  const render = mail();
  return () => {
    const { subject, html, text } = render();
    const composer = new MailComposer({
      from: "Lunaria <post@lunaria.example>",
      to: "mira@example.com",
      replyTo: "hallo@lunaria.example",
      subject,
      html,
      text,
      headers: {
        "List-Unsubscribe": "<https://mail.lunaria.example/u/3f9a1c07b2d84e6f>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
      },
    });
    return composer.compile().build();
  };
}

// The layout alone, once for each language; its texts would come on top.
function publish() {
  const mjml = require("mjml");
  const compile = mjml.default ?? mjml;
  const layout = read("mail.mjml");
  return async () => {
    for (let language = 0; language < LANGUAGES; language += 1) await compile(layout, { validationLevel: "skip" });
  };
}

const works = {
  webhook: [20_000, () => readOrder(JSON.parse(read("webhook.json")))],
  render: [5_000, mail],
  message: [500, message],
  publish: [5, publish],
};
const [passes, prepare] = works[work];
console.log(await middle(passes, prepare()));
