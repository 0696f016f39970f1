"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const [ID, SUITE, GROUP, TITLE, VERDICT, REQUIREMENTS, REASON, CHECKS, TAPS, MS, TERMINAL, DIGEST, CARD, HOST, PATH] =
    Array(15).keys();
  const VERDICTS = ["pass", "fail", "not_applicable", "inconclusive"];
  const NAMES = {
    pass: ["Pass", "通过"], fail: ["Fail", "失败"],
    not_applicable: ["Not applicable", "不适用"], inconclusive: ["Inconclusive", "无法判定"],
  };
  const FIELDS = {
    outcome: "结果", reason: "原因", rule: "规则", cvm: "持卡人验证方式", oda: "脱机数据认证", oda_rule: "认证规则",
    may_defer: "可延迟授权", card_may_have_paid: "卡片可能已扣款", balance: "余额", approval_code: "授权码",
    start: "重启位置", alternate: "其他界面", receipt: "打印凭条", apdus: "全部命令", ui: "界面消息", stored: "存储操作",
    looked_up: "名单查询", field55: "55域", data_record: "数据记录", card: "卡片计数器", no_apdu: "不得出现的命令",
  };
  const $ = (id) => document.getElementById(id);
  let language = (navigator.language || "en").toLowerCase().startsWith("zh") ? "zh" : "en";

  // Elements. A text is a string, or a pair of English and Chinese of which the style shows one.
  function make(name, className, ...children) {
    const element = document.createElement(name);
    if (className) element.className = className;
    for (const child of children) put(element, child);
    return element;
  }
  function put(element, child) {
    if (child === null || child === undefined || child === "") return;
    if (!Array.isArray(child)) { element.append(child); return; }
    ["en", "zh"].forEach((code, index) => {
      const span = document.createElement("span");
      span.lang = code;
      span.textContent = child[index];
      element.append(span);
    });
  }
  const text = (number) => (number < 0 ? "" : data.texts[number]);
  const said = (value) => (Array.isArray(value) ? value[language === "zh" ? 1 : 0] : value);
  const plain = (number) => [text(number)].flat().join(" ");
  const join = (one, two) => {
    const [a, b] = [one, two].map((words) => (Array.isArray(words) ? words : [words, words]));
    return [a[0] + ", " + b[0], a[1] + "，" + b[1]];
  };

  // A case: closed it is one line; its inside is built when it is opened for the first time.
  const rows = data.cases.map((one) => {
    const verdict = VERDICTS[one[VERDICT]];
    const box = make("details", "case is-" + verdict);
    box.id = one[ID];
    box.append(make(
      "summary", "",
      make("span", "", make("span", "badge is-" + verdict, NAMES[verdict])),
      make("span", "id", one[ID]),
      make("span", "title", text(one[TITLE])),
      make("span", "where", plain(one[SUITE]) + " · " + plain(one[GROUP])),
    ));
    box.addEventListener("toggle", () => { if (box.open) build(box, one); });
    const words = [one[ID], plain(one[TITLE]), plain(one[REASON]), plain(one[CARD]), plain(one[TERMINAL]),
      plain(one[HOST]), one[REQUIREMENTS].join(" ")].join("\n").toLowerCase();
    return { box, one, words, suite: plain(one[SUITE]), group: plain(one[GROUP]), verdict: one[VERDICT] };
  });

  function build(box, one) {
    if (box.childElementCount > 1) return;
    const body = make("div", "body");
    if (one[REASON] >= 0 && VERDICTS[one[VERDICT]] !== "fail") {
      body.append(make("p", "reason", make("strong", "", ["Reason: ", "原因："]), text(one[REASON])));
    }
    const wrong = one[CHECKS].find((check) => check[4] === 0);
    if (wrong) body.append(firstDifference(wrong));
    else if (VERDICTS[one[VERDICT]] === "fail") {
      body.append(make("p", "first", make("strong", "", ["The kernel broke the protocol: ", "内核违反协议："]), text(one[REASON])));
    }
    body.append(facts(one));
    if (one[CHECKS].length) body.append(make("h3", "", ["Expected and found", "预期与实际"]), checks(one[CHECKS]));
    one[TAPS].forEach((tap, index) => body.append(...exchanges(tap, index + 1, one[TAPS].length, one[CHECKS])));
    const path = data.paths[one[PATH]];
    if (path.length) body.append(decisions(path));
    box.append(body);
  }

  function facts(one) {
    const list = make("dl", "facts");
    const add = (name, value) => { if (value) list.append(make("div", "", make("dt", "", name), make("dd", "", value))); };
    const wanted = make("span", "requirements");
    for (const requirement of one[REQUIREMENTS]) {
      const button = make("button", "", requirement);
      button.type = "button";
      button.addEventListener("click", () => { $("requirement").value = requirement; filter(); $("requirement").focus(); });
      wanted.append(button);
    }
    add(["Requirements", "需求编号"], one[REQUIREMENTS].length ? wanted : "");
    add(["Terminal", "终端"], plain(one[TERMINAL]));
    add(["Card", "卡片"], plain(one[CARD]));
    add(["Host", "主机"], plain(one[HOST]));
    add(["Configuration SHA-256", "配置 SHA-256"], one[DIGEST] < 0 ? "" : make("code", "", text(one[DIGEST])));
    add(["Run time", "用时"], one[MS] + " ms");
    return list;
  }

  // Checks
  function subject(check) {
    const [, tap, afterHost, what] = check;
    const [word, rest] = plain(what).split(/ (.*)/);
    const english = word.replaceAll("_", " ");
    let name = FIELDS[word] ? [english, FIELDS[word]] : [english, english];
    if (rest) name = name.map((words) => words + " " + rest);
    if (word === "apdu") name = ["command " + rest, "第" + rest + "条命令"];
    const where = [];
    if (tap > 1) where.push(["tap " + tap, "第" + tap + "次挥卡"]);
    if (afterHost) where.push(["after the host's answer", "主机应答后"]);
    return where.reduce((all, more) => join(all, more), name);
  }
  /* Where two texts begin to differ: their byte when both are hexadecimal there, else their word. */
  function difference(one, two) {
    let at = 0;
    while (at < one.length && at < two.length && one[at] === two[at]) at += 1;
    const begin = one.slice(0, at).search(/\S*$/);
    const words = [one, two].map((value) => value.slice(begin).split(/\s/, 1)[0]);
    const hex = words.every((word) => word.length % 2 === 0 && /^[0-9A-F*?]{4,}$/.test(word));
    return { at: hex ? at - ((at - begin) % 2) : begin, hex };
  }
  function marked(value, { at, hex }) {
    const end = value.slice(at).search(/\s|$/) + at;
    const stop = hex ? Math.min(end, at + 2) : end;
    return [value.slice(0, at), make("mark", "", value.slice(at, stop) || "∅"), value.slice(stop)];
  }
  const NUMBERED = /^command (\d+): /;
  /* Expected and found, each as parts of which the differing one is marked. */
  function compare(check) {
    const both = [plain(check[5]), plain(check[6])];
    const numbers = both.map((value) => NUMBERED.exec(value));
    if (!numbers[0] || !numbers[1] || numbers[0][0] !== numbers[1][0]) {
      const where = difference(...both);
      return both.map((value) => marked(value, where));
    }
    const [, number] = numbers[0];
    const rest = both.map((value) => value.replace(NUMBERED, ""));
    const where = difference(...rest);
    return rest.map((value) => [["command " + number + ": ", "第" + number + "条命令："], ...marked(value, where)]);
  }
  function firstDifference(check) {
    const [expected, found] = compare(check);
    return make(
      "div", "first",
      make("strong", "", ["First difference: ", "首个差异："]),
      join(["check " + check[0], "检查项 " + check[0]], subject(check)),
      make("dl", "compare", make("dt", "", ["expected", "预期"]), make("dd", "", ...expected), make("dt", "", ["found", "实际"]), make("dd", "", ...found)),
    );
  }
  function checks(list) {
    const table = make("table", "checks", make("thead", "", make(
      "tr", "", ...[["Check", "检查项"], ["Of", "对象"], ["Expected", "预期"], ["Found", "实际"], ["", ""]]
        .map((name) => { const head = make("th", "", name); head.scope = "col"; return head; }),
    )));
    const body = make("tbody");
    for (const check of list) {
      const state = check[4];
      const [expected, found] = state === 0 ? compare(check) : [[plain(check[5])], [plain(check[6])]];
      if (state && check[5] === check[6] && expected[0].length > 40) found[0] = ["the same", "相同"];
      const mark = state === null ? make("span", "unknown", ["– not told", "– 未上报"])
        : state ? make("span", "ok", ["✓ met", "✓ 符合"]) : make("span", "no", ["✗ differs", "✗ 不符"]);
      const row = make(
        "tr", state === 0 ? "bad" : "",
        make("td", "mono", check[0]), make("td", "", subject(check)),
        make("td", "value", ...expected), make("td", "value", ...found), make("td", "mark", mark),
      );
      Object.assign(row.cells[2].dataset, { en: "expected", zh: "预期" }); // for narrow screens
      Object.assign(row.cells[3].dataset, { en: "found", zh: "实际" });
      body.append(row);
    }
    table.append(body);
    return make("div", "scroll", table);
  }

  // APDUs
  /* The commands of a tap, counted from 1, that a failed check is about. */
  function wrongCommands(checks, tap) {
    const failed = checks.filter((check) => check[4] === 0 && check[1] === tap);
    return new Set(failed.flatMap((check) => {
      const found = /^command (\d+)/.exec(plain(check[6])) || /^apdu (\d+)$/.exec(plain(check[3]));
      return found ? [Number(found[1])] : [];
    }));
  }
  function exchanges(tap, number, of, checks) {
    const wrong = wrongCommands(checks, number);
    const title = of > 1 ? ["Commands and answers, tap " + number, "命令与应答，第" + number + "次挥卡"] : ["Commands and answers", "命令与应答"];
    const list = make("ol", "apdus");
    tap.forEach(([command, answer], index) => {
      const box = make("details", wrong.has(index + 1) ? "apdu differs" : "apdu");
      const head = data.nodes[data.pieces[command][1][0]];
      const name = head ? text(head[2]) : "";
      const gone = typeof answer === "string";
      const word = gone ? null : data.nodes[data.pieces[answer][1].at(-1)];
      const sw = gone
        ? make("span", "sw gone", answer === "timeout" ? ["no answer in time", "应答超时"] : ["card lost", "卡片离场"])
        : make("span", "sw", make("code", "", word ? plain(word[3]) : ""), " ", word ? text(word[4]) : "");
      box.append(make(
        "summary", "", make("span", "n", String(index + 1)), make("span", "", name, wrong.has(index + 1) ? make("span", "no", [" differs", " 不符"]) : ""),
        make("span", "brief", plain(data.pieces[command][0])), sw,
      ));
      box.addEventListener("toggle", () => {
        if (!box.open || box.childElementCount > 1) return;
        const inside = make("div", "inside", ...piece(command, "→", ["Command", "命令"]));
        if (!gone) for (const part of piece(answer, "←", ["Answer", "应答"])) inside.append(part);
        box.append(inside);
      });
      list.append(make("li", "", box));
    });
    return [make("h3", "", title, tap.length ? "" : [": none", "：无"]), list];
  }
  function piece(number, arrow, label) {
    const [raw, nodes, fault, rule, offset, notes] = data.pieces[number];
    const sign = make("span", "arrow", arrow);
    sign.setAttribute("aria-hidden", "true");
    const parts = [make("div", "raw", sign, plain(raw) || "∅")];
    parts[0].setAttribute("role", "group");
    parts[0].dataset.labelEn = label[0];
    parts[0].dataset.labelZh = label[1];
    label_(parts[0]);
    const body = make("tbody");
    for (const node of nodes) branch(body, data.nodes[node], 0);
    parts.push(make("div", "scroll", make("table", "tree", body)));
    if (fault >= 0) {
      parts.push(make("p", "fault", ["Malformed from byte " + offset + " (" + rule + "): ", "自第 " + offset + " 字节起格式错误（" + rule + "）："], text(fault)));
    }
    for (const note of notes) parts.push(make("p", "note", text(note)));
    return parts;
  }
  function branch(body, node, depth) {
    const [tag, length, name, value, meaning, details, notes, children] = node;
    body.append(make(
      "tr", "d" + Math.min(depth, 6),
      make("td", "tag", tag), make("td", "number", tag ? String(length) : ""), make("td", "", text(name)),
      make("td", "value", plain(value)), make("td", "", text(meaning)),
    ));
    for (const [at, part, bytes, means] of details) {
      body.append(make("tr", "part", make("td"), make("td"), make("td", "", at ? at + " " : "", text(part)),
        make("td", "value", plain(bytes)), make("td", "", text(means))));
    }
    for (const note of notes) {
      const cell = make("td", "note", text(note));
      cell.colSpan = 3;
      body.append(make("tr", "part", make("td"), make("td"), cell));
    }
    for (const child of children) branch(body, data.nodes[child], depth + 1);
  }
  function decisions(path) {
    const box = make("details", "", make("summary", "", make("span", "", ["Decisions of the kernel", "内核判定过程"]), " (" + path.length + ")"));
    const line = make("p", "path");
    for (const step of path) line.append(make("span", step % 2 ? "ok" : "no", data.rules[step >> 1] + (step % 2 ? " ✓" : " ✗")), " ");
    box.append(line);
    return box;
  }

  // Filters
  const pressed = [...document.querySelectorAll(".verdict")];
  function filter() {
    const verdicts = pressed.map((button) => button.getAttribute("aria-pressed") === "true");
    const [suite, group] = [$("suite").value, $("group").value];
    const requirement = $("requirement").value.trim().toUpperCase();
    const words = $("text").value.toLowerCase().split(/\s+/).filter(Boolean);
    const counts = VERDICTS.map(() => 0);
    let shown = 0;
    for (const row of rows) {
      const fits = (!suite || row.suite === suite) && (!group || row.group === group) &&
        (!requirement || row.one[REQUIREMENTS].some((id) => id.startsWith(requirement))) &&
        words.every((word) => row.words.includes(word));
      if (fits) counts[row.verdict] += 1;
      row.box.hidden = !(fits && verdicts[row.verdict]);
      if (!row.box.hidden) shown += 1;
    }
    pressed.forEach((button) => { button.querySelector(".count").textContent = counts[Number(button.dataset.verdict)]; });
    $("shown").replaceChildren();
    put($("shown"), [shown + " of " + rows.length + " cases shown", "显示 " + shown + " / " + rows.length + " 个用例"]);
    $("empty").hidden = shown > 0;
  }
  function options(select, all, values) {
    const chosen = select.value;
    select.replaceChildren(new Option(said(all), ""), ...values.map(([value, name]) => new Option(said(name), value)));
    select.value = chosen;
  }
  const groupNames = JSON.parse($("groups-data").textContent);
  const suites = [...new Set(rows.map((row) => row.suite))].map((name) => [name, name]);
  const groups = [...new Set(rows.map((row) => row.group))].map((code) => [code, groupNames[code] ? groupNames[code].map((name) => code + " " + name) : code]);
  $("requirements").append(...[...new Set(rows.flatMap((row) => row.one[REQUIREMENTS]))].sort().map((id) => new Option(id)));
  pressed.forEach((button) => button.addEventListener("click", () => {
    button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
    filter();
  }));
  for (const id of ["suite", "group", "requirement", "text"]) $(id).addEventListener("input", filter);
  $("filters").addEventListener("submit", (event) => event.preventDefault());
  $("reset").addEventListener("click", reset);
  function reset() {
    for (const id of ["suite", "group", "requirement", "text"]) $(id).value = "";
    pressed.forEach((button) => button.setAttribute("aria-pressed", "true"));
    filter();
  }
  $("open").addEventListener("click", () => rows.forEach((row) => { if (!row.box.hidden) { build(row.box, row.one); row.box.open = true; } }));
  $("close").addEventListener("click", () => rows.forEach((row) => { row.box.open = false; }));

  // Language
  function label_(element) {
    const name = language === "zh" ? "Zh" : "En";
    if (element.dataset["label" + name]) element.setAttribute("aria-label", element.dataset["label" + name]);
    if (element.dataset["placeholder" + name]) element.placeholder = element.dataset["placeholder" + name];
  }
  function speak(code) {
    language = code;
    document.documentElement.lang = code === "zh" ? "zh-CN" : "en";
    document.documentElement.dataset.language = code;
    $("language").textContent = code === "zh" ? "English" : "中文";
    $("language").lang = code === "zh" ? "en" : "zh";
    document.querySelectorAll("[data-label-en], [data-placeholder-en]").forEach(label_);
    options($("suite"), ["All suites", "全部测试集"], suites);
    options($("group"), ["All groups", "全部分组"], groups);
  }
  $("language").addEventListener("click", () => speak(language === "zh" ? "en" : "zh"));

  // The address names a case: report.html#QP-FXGL-0012
  function jump() {
    const row = rows.find((candidate) => candidate.one[ID] === decodeURIComponent(location.hash.slice(1)));
    if (!row) return;
    if (row.box.hidden) reset();
    build(row.box, row.one);
    row.box.open = true;
    row.box.scrollIntoView();
  }
  $("list").append(...rows.map((row) => row.box));
  speak(language);
  filter();
  jump();
  window.addEventListener("hashchange", jump);
  window.addEventListener("beforeprint", () => {
    document.querySelectorAll("main > section > details").forEach((box) => { box.open = true; });
  });
})();
