/// The report's style sheet.
///
/// Blue and vermilion are told apart in every common colour blindness (Okabe and Ito); cheaters are hatched and carry a
/// triangle besides.
enum ReportStyle {
    static let sheet: Markup = """
        :root{--page:#f3f6f8;--card:#fff;--ink:#13222e;--soft:#586b79;--line:#dde5ea;--track:#eaf0f3;
            --deep:#0d2b3e;--deep2:#14516b;--stream:#5cc8d8;--honest:#0f6fae;--full:#9cc7e4;--cheat:#c4481b;
            --cheat2:#f0b79f;--wash:#fdf1eb;--washline:#efc3ae;--area:#0f6fae1c;--p0:#e9eef1;--p1:#c9e0ef;
            --p2:#8dc0de;--p3:#4696c6;--p4:#0b5c94;--n1:#fbdccb;--n2:#f2a988;--n3:#dd7343;--n4:#b3400f}
        @media (prefers-color-scheme:dark){
        :root{--page:#0b141b;--card:#131f28;--ink:#e6eef3;--soft:#93a6b3;--line:#263743;--track:#1e2d38;
            --deep:#0a1f2d;--deep2:#0f3d52;--honest:#4aa8e0;--full:#275f84;--cheat:#f07b4c;--cheat2:#7d3a1e;
            --wash:#2a1a13;--washline:#5c3523;--area:#4aa8e026;--p0:#22313c;--p1:#1d4763;--p2:#24699a;--p3:#3f98d3;
            --p4:#8fd0f7;--n1:#4a2a1c;--n2:#7d4123;--n3:#c0622f;--n4:#f59a6b}
        }
        *{box-sizing:border-box}
        html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
        body{margin:0;background:var(--page);color:var(--ink);
            font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Liberation Sans","DejaVu Sans",
            sans-serif;font-variant-numeric:tabular-nums}
        .wide,main,footer{max-width:1120px;margin:0 auto;padding:0 28px}
        .top{background:linear-gradient(115deg,var(--deep),var(--deep2));color:#fff;padding:26px 0 34px}
        .brand{display:flex;align-items:center;gap:10px;margin:0 0 22px;font-weight:650;letter-spacing:.01em}
        .brand svg{width:30px;height:30px;fill:none;stroke:var(--stream);stroke-width:3;stroke-linecap:round}
        .brand span{font-weight:400;opacity:.72;border-left:1px solid #ffffff4d;padding-left:10px}
        h1{font-size:clamp(1.7rem,4.4vw,2.6rem);line-height:1.12;margin:0 0 14px;letter-spacing:-.02em;
            overflow-wrap:anywhere}
        .facts{display:flex;flex-wrap:wrap;gap:6px 26px;margin:0 0 26px;font-size:.92rem}
        .facts div{display:flex;gap:7px;min-width:0}
        .facts dt{opacity:.66}
        .facts dd{margin:0;overflow-wrap:anywhere}
        .tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px}
        .tile{background:#ffffff14;border:1px solid #ffffff24;border-radius:12px;padding:13px 16px 12px;
            display:flex;flex-direction:column;min-width:0}
        .tile .what{font-size:.82rem;opacity:.78}
        .tile strong{font-size:1.72rem;line-height:1.25;font-weight:650;letter-spacing:-.02em;white-space:nowrap}
        .tile .note{font-size:.8rem;opacity:.72}
        .verdict{display:flex;gap:13px;align-items:center;margin:26px 0 0;padding:14px 18px;
            background:var(--wash);border:1px solid var(--washline);border-radius:12px;font-size:1.05rem}
        .verdict svg{flex:none;width:26px;height:26px;fill:var(--cheat)}
        .verdict .bang{stroke:var(--wash);stroke-width:2;stroke-linecap:round}
        h2{font-size:1.22rem;letter-spacing:-.01em;margin:36px 0 12px}
        .card{background:var(--card);border:1px solid var(--line);border-radius:14px;padding:18px 20px;
            margin:0 0 16px}
        .flush{padding:0;overflow:hidden}
        .pad{padding:0 20px 12px}
        .soft{color:var(--soft)}
        .lead{margin:0 0 14px;max-width:78ch}
        .two{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:0 18px}
        figure{margin:0}
        figcaption{font-weight:600;margin-bottom:10px;display:flex;flex-wrap:wrap;justify-content:space-between;
            gap:4px 14px}
        .keys{display:inline-flex;gap:14px;font-weight:400;font-size:.86rem;color:var(--soft)}
        .key{display:inline-flex;align-items:center;gap:6px;white-space:nowrap}
        .key svg{width:22px;height:8px}
        .swatch{display:inline-block;width:14px;height:11px;border-radius:2px}
        svg{display:block;font-family:inherit}
        .chart>svg{overflow:visible}
        .chart>svg,.pay,.scroll>.heat{width:100%;height:auto}
        text{fill:var(--soft);font-size:10.5px}
        .axis path{stroke:var(--line);stroke-width:1}
        .axis .tick{stroke:var(--soft)}
        .axis .gap{stroke:var(--cheat);stroke-width:1.6;fill:none}
        .s0,.s1{fill:none;stroke:var(--honest);stroke-width:2.2;stroke-linejoin:round;stroke-linecap:round}
        .s1{stroke:var(--soft);stroke-width:1.6;stroke-dasharray:4 4}
        .fill{fill:var(--area);stroke:none}
        .spot{fill:transparent}
        .spot:hover{fill:var(--honest)}
        .last{fill:var(--honest);stroke:var(--card);stroke-width:2}
        .value{fill:var(--ink);font-weight:650;font-size:11.5px}
        .pay text{font-size:12px}
        .pay .honest{fill:var(--honest)}
        .pay .cheat{fill:url(#hatch);stroke:var(--cheat);stroke-width:1}
        .hatch-ground{fill:var(--cheat2)}
        .hatch-line,.mark{fill:var(--cheat)}
        .pay .foot{fill:var(--ink)}
        .pay .cheats,.heat .cheats{fill:var(--cheat)}
        .mean path{stroke:var(--ink);stroke-width:1.4;stroke-dasharray:6 4}
        .mean text{fill:var(--ink)}
        .scroll{overflow-x:auto}
        .scroll:focus-visible,.digest:focus-visible,summary:focus-visible{outline:2px solid var(--honest);
            outline-offset:2px}
        .tall{max-height:560px;overflow:auto}
        .heat text{font-size:11px}
        .heat .row{fill:var(--ink);font-size:12px}
        .heat .small{font-size:9.5px}
        .p0{fill:var(--p0)}
        .p1{fill:var(--p1)}
        .p2{fill:var(--p2)}
        .p3{fill:var(--p3)}
        .p4{fill:var(--p4)}
        .n1{fill:var(--n1)}
        .n2{fill:var(--n2)}
        .n3{fill:var(--n3)}
        .n4{fill:var(--n4)}
        .legend{display:flex;flex-wrap:wrap;align-items:center;gap:5px;margin:12px 0 0;font-size:.86rem}
        .legend .heat{width:18px;height:12px}
        .legend .soft{margin-left:14px}
        table{border-collapse:collapse;width:100%;font-size:.93rem}
        th,td{text-align:left;padding:9px 14px;border-bottom:1px solid var(--line);font-weight:400}
        tbody tr:last-child>*{border-bottom:0}
        thead th{font-size:.84rem;font-weight:600;color:var(--soft);vertical-align:bottom;background:var(--card);
            position:sticky;top:0;z-index:1}
        .figure{text-align:right;white-space:nowrap}
        .people{min-width:860px;table-layout:fixed}
        .people thead .figure,.people td .under{white-space:normal}
        .people th:first-child{padding-left:20px;width:27%}
        .people td:last-child,.people th:last-child{padding-right:20px}
        .people thead th:nth-child(2){width:10%}
        .people thead th:nth-child(3){width:28%}
        .people thead th:nth-child(4){width:24%}
        .people thead .keys{margin-left:10px;gap:10px}
        .people th,.people td{padding-left:10px;padding-right:10px}
        .who{overflow-wrap:normal}
        .who{font-weight:600;overflow-wrap:anywhere}
        .under{display:block;font-size:.82rem;color:var(--soft)}
        .badge{display:inline-block;margin-left:8px;padding:0 8px;border:1px solid var(--line);border-radius:99px;
            font-size:.78rem;color:var(--soft);white-space:nowrap}
        .badge.cheat{color:var(--cheat);border-color:var(--cheat);font-weight:600}
        .cheating>*{background:var(--wash)}
        .cheating .under{color:var(--cheat)}
        .measure{display:flex;align-items:center;gap:10px}
        .groups th,.groups td{padding:8px 14px}
        .groups th:first-child{padding-left:20px}
        .groups td:last-child{padding-right:20px}
        .measure b{font-weight:500;white-space:nowrap;min-width:8.5ch;text-align:right}
        .track{flex:1;display:block;min-width:50px;background:var(--track);border-radius:3px;overflow:hidden}
        .track i{display:block;height:10px;border-radius:3px}
        .measure.full b{color:var(--soft)}
        .measure.full .track i,.measure.novel .track i{height:7px}
        .measure.full,.measure.novel{font-size:.84rem;line-height:1.35}
        i.honest,i.novel{background:var(--honest)}
        i.full{background:var(--full)}
        i.cheat,.cheating i.novel{background:repeating-linear-gradient(45deg,var(--cheat) 0 3px,
            var(--cheat2) 3px 6px)}
        .cheating i.full{background:repeating-linear-gradient(45deg,var(--cheat2) 0 3px,transparent 3px 6px)}
        .plain th,.plain td{padding:6px 8px 6px 0;border-bottom:1px solid var(--line)}
        .plain .bar{width:45%}
        .plain .figure{padding-right:0;font-weight:600}
        i.refusal{background:var(--soft)}
        summary{cursor:pointer;padding:15px 20px;font-weight:600}
        details.card{margin-top:22px}
        .two>section{display:flex;flex-direction:column}
        .two>section>.card{flex:1}
        details[open] summary{border-bottom:1px solid var(--line)}
        .dense{font-size:.84rem}
        .dense th,.dense td{padding:5px 12px;white-space:nowrap}
        pre{margin:0 0 16px;overflow-x:auto}
        .commands{background:var(--deep);color:#e8f4f8;border-radius:10px;padding:14px 18px;line-height:1.75;
            font-size:.92rem}
        .commands code{user-select:all}
        code{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono","DejaVu Sans Mono",
            monospace}
        .digests{margin:0 0 10px}
        .digests div{display:flex;gap:12px;padding:3px 0;align-items:baseline}
        .digests dt{flex:none;width:7.2em;color:var(--soft)}
        .digests dd{margin:0;min-width:0}
        .digest{display:inline-block;max-width:24ch;overflow:hidden;text-overflow:ellipsis;white-space:nowrap;
            vertical-align:bottom;user-select:all;border-bottom:1px dotted var(--soft);font-size:.92rem}
        .digest:hover,.digest:focus{max-width:100%;white-space:normal;overflow-wrap:anywhere}
        .hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
        footer{padding:26px 28px 40px;color:var(--soft);font-size:.84rem}
        @media (max-width:760px){
        .wide,main,footer{padding-left:16px;padding-right:16px}
        .two{grid-template-columns:minmax(0,1fr)}
        .tiles{grid-template-columns:1fr 1fr;gap:9px}
        .tile{padding:11px 13px}
        .tile strong{font-size:1.4rem}
        .card{padding:15px 14px}
        .card.flush{padding:0}
        .chart text{font-size:13px}
        .chart .value{font-size:13.5px}
        .people{min-width:0}
        .people th:first-child{width:auto}
        .people thead{position:absolute;clip-path:inset(50%);height:1px;overflow:hidden}
        .people tbody tr{display:block;padding:11px 14px;border-bottom:1px solid var(--line)}
        .people tbody tr.cheating{background:var(--wash)}
        .people tbody td,.people tbody th{display:block;border:0;padding:3px 0!important;text-align:left}
        .people tbody td[data-label]{display:flex;gap:8px;align-items:center}
        .people td[data-label]::before{content:attr(data-label);flex:none;width:8.6em;font-size:.8rem;
            color:var(--soft)}
        .people td .pair,.people td>.measure{flex:1;min-width:0}
        .legend .soft{margin-left:0;flex-basis:100%}
        }
        @media print{
        :root{--page:#fff}
        .tall{max-height:none}
        .scroll{overflow:visible}
        .top{background:none;color:#000;border-bottom:2px solid #000}
        .tile{border-color:#999}
        .card,tr{break-inside:avoid}
        .card.flush{break-inside:auto}
        i,rect,path,svg,.commands,.cheating>*{print-color-adjust:exact;-webkit-print-color-adjust:exact}
        thead th{position:static}
        .digest{max-width:none;white-space:normal;overflow-wrap:anywhere}
        }
        """
}
