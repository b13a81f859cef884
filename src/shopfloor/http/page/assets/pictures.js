// Pictures of goods, drawn from their kind and colour: the catalogue has none of its own.
//
// A drawing is a list of shapes on a field of 120 by 120, each `colour path`. The colours: b the product's own, d and D it
// darker, l and L it lighter, a its second colour, w white, k dark, g metal, y light. `>` before a colour draws a line.

const SVG = "http://www.w3.org/2000/svg";

const SHOE_UPPER = "M15 82C13 68 15 57 18 47c1.500-5 7-5 9-1 4 8 13 8 20 0l9-9c4-4 9-2 10 2 4 12 14 20 31 24 9 2 13 9 13 19z";

const DRAWINGS = {
  sneaker: [
    `b ${SHOE_UPPER}`,
    "d M15 82C13.500 73 14 66 15.500 58c8 2 16 10 18 24z",
    "l M89 61c13 3 21 8 21 21H86c4-6 5-14 3-21z",
    "a M38 82c5-12 13-20 23-24l5 7c-8 3-13 9-16 17z",
    ">w3 M57 50l10-6M63 57l9.500-6M70 63l9-6",
    ">D1.600 M47 46c3 7 10 14 18 19",
    "w M12 81h98c3 0 4 2 4 5 0 6-3 9-9 9H22c-7 0-11-4-11-10 0-2 0-4 1-4z",
    ">y2 M13 87.500h99",
  ],
  runner: [
    `b ${SHOE_UPPER}`,
    "l M89 61c13 3 21 8 21 21H84c5-6 7-14 5-21z",
    "d M15 80c-1-9 0-16 2-24 7 5 10 14 8 24z",
    "a M30 80c8-5 14-12 20-21l7 6c-6 6-9 10-12 15zM49 80c5-6 8-10 13-13l5 4c-4 3-6 5-8 9z",
    ">w3 M57 50l10-6M63 57l9.500-6M70 63l9-6",
    "w M10 76c12 7 26 4 38 4 22 0 44-1 63-1 4 3 4 9 1 13-2 3-5 3-9 3H25C13 95 8 88 10 76z",
    "a M10 79c12 8 26 8 42 8 14 0 40-1 61-1-.500 3-1 5-3 7-28 0-62 3-82 0-11-1-18-6-18-14z",
    "k M14 92c10 4 26 4 40 3 20-1 40-1 56-2-1 3-4 4-7 4H27c-6 0-10-2-13-5z",
  ],
  slip_on: [
    "b M14 82c-3-10-3-20 0-28 2-5 7-6 11-3 8 6 20 7 28 1 4-3 8-4 12-1 13 8 23 11 33 13 9 2 12 9 12 18z",
    "d M14 82c-3-10-3-20 0-28 2-4 4-5 6-5 6 8 9 20 8 33z",
    "l M82 60c6 2 11 3 16 4 9 2 12 9 12 18H76c5-6 8-14 6-22z",
    "D M44 56c4-1 7-2 9-4 4-3 8-4 12-1l5 3-8 14c-8-2-14-6-18-12z",
    ">l1.600 M50 58l8 7M56 54l8 8M62 51l6 6",
    ">d1.600 M30 55c1 9 1 18-1 27",
    "w M12 81h98c3 0 4 2 4 5 0 6-3 9-9 9H21c-7 0-11-4-10-10 0-2 0-4 1-4z",
    ">y2 M13 87.500h99",
  ],
  high_top: [
    "b M28 34c12 4 24 3 34-1 3-1 5 1 5 4l2 16c8 8 18 11 30 14 8 2 12 7 12 15H26c-4-16-3-32 2-48z",
    "d M28 34c4 1 7 2 11 2-4 16-5 30-2 46H26c-4-16-3-32 2-48z",
    "l M90 64c14 4 21 8 21 18H86c5-6 7-11 4-18z",
    ">w3 M56 40h12M57 48h13M60 56l12-3M66 63l11-5",
    "a M42 56a9 9 0 1 1-.100 0z",
    "w M24 81h86c3 0 4 2 4 5 0 6-3 9-9 9H33c-7 0-11-4-11-10 0-2 0-4 2-4z",
    ">y2 M25 87.500h87",
  ],
  dress_shoe: [
    "b M14 84c-2-9-1-17 2-25 1-4 6-5 9-2 6 6 15 7 23 1 4-3 8-2 11 0 12 7 25 11 38 13 9 2 14 6 14 13z",
    "d M14 84c-2-9-1-17 2-25 9 3 16 12 17 25z",
    "l M84 69c13 2 26 4 27 15H80c5-4 6-10 4-15z",
    ">D1.600 M48 58c5 5 13 10 21 12M83 69c3 4 3 10-2 15",
    ">l2 M57 62l7-4M63 66l7-4",
    "k M12 83h100c1 5-1 7-5 7H38v6c0 1-1 2-2 2H15c-2 0-3-1-3-3z",
  ],
  boot: [
    "b M30 22h36c2 0 3 1 3 3l1 28c8 9 19 12 30 16 8 3 10 8 10 15H30c-3-20-3-42 0-62z",
    "d M30 22h13c-3 20-3 42 0 62H30c-3-20-3-42 0-62z",
    "l M88 65c14 4 22 8 22 19H86c4-6 5-12 2-19z",
    ">w2.600 M58 34h13M58 43h13M60 52h13M66 61l10-4",
    "D M29 18h38c2 0 3 1 3 3v7H28v-7c0-2 0-3 1-3z",
    "k M27 83h84c2 0 2 2 2 4 0 6-3 9-8 9H57l-2-4H43l-1 4H31c-3 0-5-2-5-5v-6c0-1 0-2 1-2z",
  ],
  sandal: [
    "d M12 82c30-4 66-4 96-3 4 0 5 3 4 7-1 5-4 7-9 7H20c-7 0-10-4-8-11z",
    "y M13 79c30-5 64-6 94-3 5 0 5 5 0 6-30-1-62 0-90 3-5 0-7-5-4-6z",
    "b M64 78c4-16 12-25 24-28 8 7 14 16 16 27l-11 1c-3-8-7-13-12-16-3 4-5 9-6 16z",
    "b M18 78c-1-12 1-22 6-32h10c11 7 22 17 28 31l-10 1C46 68 38 61 31 57c-3 6-3 13-3 20z",
    "l M24 46h10c4 3 8 5 11 8l-6 7c-3-2-5-3-8-4l-2 4-8-3c1-4 2-8 3-12z",
    "g M40 53l6 5-3 4-6-5z",
  ],
  tee: [
    "b M44 22L20 33 9 54l17 9 6-8v45h56V55l6 8 17-9-11-21-24-11c-4 7-9 10-16 10s-12-3-16-10z",
    "d M32 55v45h9c-4-18-5-36-3-56zM88 55v45h-6c3-18 4-34 2-52z",
    ">D2 M44 22c4 8 9 12 16 12s12-4 16-12",
    "l M44 22c4 7 9 10 16 10s12-3 16-10l-4-2c-3 5-7 7-12 7s-9-2-12-7z",
    ">d2 M26 36c5 6 7 12 7 20M94 36c-5 6-7 12-7 20",
  ],
  shirt: [
    "b M43 20L22 30 10 62l15 7 8-17v50h54V52l8 17 15-7-12-32-21-10-17 9z",
    "d M33 52v50h8c-3-18-4-38-2-56zM87 52v50h-5c2-18 3-34 1-50z",
    "l M43 20l-5 6 13 14 9-11zM77 20l5 6-13 14-9-11z",
    ">D1.600 M60 30v72M66 32v70",
    "w M61.500 47h3v3h-3zM61.500 60h3v3h-3zM61.500 73h3v3h-3zM61.500 86h3v3h-3z",
    ">d2 M72 56h11v10c0 2-5 4-5.500 4S72 68 72 66z",
  ],
  sweater: [
    "b M45 22L24 30 9 84l15 6 9-28v34h54V62l9 28 15-6-15-54-21-8c-4 5-9 7-15 7s-11-2-15-7z",
    "d M33 62v34h9c-4-18-5-36-3-54zM87 62v34h-6c3-18 4-32 2-50z",
    "l M45 22c4 5 9 7 15 7s11-2 15-7l-3-3c-3 3-7 4-12 4s-9-1-12-4z",
    "d M33 92h54v10H33zM9 84l15 6-3 8-15-6zM111 84l-15 6 3 8 15-6z",
    ">l1.600 M40 92v10M47 92v10M54 92v10M61 92v10M68 92v10M75 92v10M81 92v10",
    ">l2 M44 48l6 6 6-6 6 6 6-6 6 6M44 58l6 6 6-6 6 6 6-6 6 6",
  ],
  hoodie: [
    "d M38 32c0-14 10-22 22-22s22 8 22 22L70 44H50z",
    "D M46 34c0-9 6-15 14-15s14 6 14 15c-3 5-8 8-14 8s-11-3-14-8z",
    "b M40 30L24 37 9 86l15 6 9-28v34h54V64l9 28 15-6-15-49-16-7c-3 9-10 14-20 14s-17-5-20-14z",
    "d M33 92h54v10H33zM9 84l15 6-3 8-15-6zM111 84l-15 6 3 8 15-6z",
    "d M44 70h32l7 18H37z",
    ">l1.600 M44 70h32l7 18H37z",
    ">w2.600 M53 44v15M67 44v13",
  ],
  jacket: [
    "b M44 20L24 29 8 82l16 6 9-26v40h54V62l9 26 16-6-16-53-20-9-16 6z",
    "d M33 62v40h8c-3-18-4-38-2-56zM87 62v40h-6c3-18 4-34 2-52z",
    "l M44 20l-7 6 8 18 15-18zM76 20l7 6-8 18-15-18z",
    ">D2 M60 26v76",
    ">w1.600 M60 30v70",
    ">D2.200 M42 70l8 12M78 70l-8 12",
    "D M33 96h54v6H33z",
    "g M58 46h4v6h-4z",
  ],
  raincoat: [
    "d M40 28c0-12 9-20 20-20s20 8 20 20L68 40H52z",
    "D M48 28c0-7 5-12 12-12s12 5 12 12c-3 4-7 6-12 6s-9-2-12-6z",
    "b M41 26L25 34 11 78l15 6 8-20-5 42h62l-5-42 8 20 15-6-14-44-16-8c-3 8-10 12-19 12s-16-4-19-12z",
    "d M34 64l-5 42h10c0-18 1-40 0-58zM86 64l5 42h-8c0-18-1-38 0-54z",
    ">D2 M60 38v68",
    "w M62.500 48h4v4h-4zM62.500 62h4v4h-4zM62.500 76h4v4h-4zM62.500 90h4v4h-4z",
    ">D2.200 M40 76h12M70 76h11",
  ],
  trousers: [
    "b M36 16h48l7 88H69l-9-60-9 60H29z",
    "d M36 16h10l-4 88H29zM84 16h-7l5 88h9z",
    "D M36 14h48l.700 8H35.300z",
    ">D1.600 M60 22v22M38 30c4 1 8-1 10-6M82 30c-4 1-8-1-10-6",
    ">l1.600 M40 100l5-60M80 100l-4-60",
  ],
  shorts: [
    "b M30 30h60l9 54H66l-6-28-6 28H21z",
    "d M30 30h11l-7 54H21zM90 30h-9l7 54h11z",
    "D M30 28h60l1.300 8H28.700z",
    ">w2.400 M57 36v12M63 36v10",
    ">l1.600 M23 78h32M65 78h33",
  ],
  skirt: [
    "b M42 26h36l22 70c-26 9-54 9-80 0z",
    "d M42 26h9L36 100c-5-1-11-2-16-4zM78 26h-7l13 74c5-1 11-2 16-4z",
    "D M42 22h36v9H42z",
    ">d2 M57 32l-4 70M64 32l5 70",
  ],
  dress: [
    "b M47 14h5c2 8 14 8 16 0h5c0 10 2 16 7 20-6 8-8 16-7 24l23 44c-22 9-50 9-72 0l23-44c1-8-1-16-7-24 5-4 7-10 7-20z",
    "d M47 58L24 102c6 2 11 4 17 5l14-49zM73 58l23 44c-5 2-10 4-16 5L68 58z",
    "D M46.500 54h27v7h-27z",
    ">d2 M56 64l-3 42M65 64l4 42",
    ">l1.800 M52 14c2 8 14 8 16 0",
  ],
  sock: [
    "b M48 14h28v46c0 6 4 9 12 14 10 6 14 14 8 22-6 7-16 8-26 3L52 88c-8-5-10-10-8-20 3-16 4-34 4-54z",
    "d M44 72c6-2 14 0 18 8l-3 12-7-4c-6-4-9-8-8-16z",
    "a M90 76c12 6 14 14 8 21-4 4-9 6-14 5-2-9 0-19 6-26z",
    "a M48 12h28v12H48zM48 32h28v5H48z",
    ">d1.600 M54 12v12M60 12v12M66 12v12M71 12v12",
  ],
  underwear: [
    "b M22 36h76l-4 40c-12 2-20 6-24 14H50c-4-8-12-12-24-14z",
    "d M22 36h14c0 14 4 26 14 54-4-8-12-12-24-14zM98 36H84c0 14-4 26-14 54 4-8 12-12 24-14z",
    "D M21 32h78l-1 11H22z",
    ">l1.600 M24 37.500h72M60 44v30",
  ],
  backpack: [
    ">D5 M48 24c0-14 24-14 24 0",
    "d M24 56c-6 4-8 12-7 28 0 6 3 9 7 9zM96 56c6 4 8 12 7 28 0 6-3 9-7 9z",
    "b M28 50c0-20 12-30 32-30s32 10 32 30v46c0 6-4 10-10 10H38c-6 0-10-4-10-10z",
    "l M28 50c0-20 12-30 32-30s32 10 32 30c-20 7-44 7-64 0z",
    "d M38 70h44c2 0 3 1 3 3v22c0 4-3 7-7 7H42c-4 0-7-3-7-7V73c0-2 1-3 3-3z",
    ">l2 M36 80h48",
    "g M58 78h4v8h-4z",
    "a M54 34h12v8H54z",
  ],
  tote: [
    ">D4.500 M44 50V34c0-18 32-18 32 0v16",
    "b M26 46h68l8 56c0 3-2 5-5 5H23c-3 0-5-2-5-5z",
    "d M26 46h12l-4 61H23c-3 0-5-2-5-5z",
    "a M44 66h32v20H44z",
    ">l1.800 M27 53h66",
  ],
  wallet: [
    "d M22 38h72c5 0 8 3 8 8v40c0 5-3 8-8 8H26c-5 0-8-3-8-8V42z",
    "b M20 34h68c5 0 8 3 8 8v42c0 5-3 8-8 8H26c-5 0-8-3-8-8V38c0-3 1-4 2-4z",
    ">l1.600 M24 40h64M24 86h64",
    "D M74 54h30v18H74c-5 0-9-4-9-9s4-9 9-9z",
    "g M73 60h6v6h-6z",
  ],
  hat: [
    "b M26 76c0-26 14-42 34-42s34 16 34 42c-22 6-46 6-68 0z",
    "d M26 76c0-26 14-42 34-42-12 10-16 26-15 46-7-1-13-2-19-4z",
    "D M23 72c24 7 50 7 74 0 3 3 4 10 2 15-26 8-52 8-78 0-2-5-1-12 2-15z",
    ">l1.600 M30 79v9M38 81v9M46 82v9M54 83v9M62 83v9M70 82v9M78 81v9M86 80v8",
    "a M60 22a9 9 0 1 1-.100 0z",
  ],
  belt: [
    "d M16 52c0-22 88-22 88 0v10c0-20-88-20-88 0z",
    "b M14 58c0-3 2-4 4-3 26 12 58 12 84 0 2-1 4 0 4 3v16c0 3-1 4-3 5-27 11-59 11-86 0-2-1-3-2-3-5z",
    ">l1.600 M18 61c27 11 57 11 84 0M18 76c27 11 57 11 84 0",
    ">g4 M47 62h24v22H47z",
    "g M58 71h16v4H58z",
  ],
  gloves: [
    "b M40 104V82c-4-8-14-16-20-26-3-5 3-10 8-6l10 10-4-32c-1-6 8-8 10-2l5 24 2-30c0-6 9-6 10 0l1 30 6-24c2-6 10-4 10 2l-4 30 6-12c3-5 10-3 8 3-4 14-8 22-12 32v19z",
    "d M40 104V84c-3-6-8-12-14-19 10 4 18 12 22 22v17z",
    "D M36 92h44v14H36z",
    ">l1.600 M42 92v14M49 92v14M56 92v14M63 92v14M70 92v14",
  ],
  scarf: [
    "d M34 26c10-10 42-10 52 0 5 8 2 18-8 22H42c-10-4-13-14-8-22z",
    "b M32 34c14 10 42 10 56 0 4 8 0 18-10 22 4 16 6 30 6 46H64c0-16-2-32-8-44-14-2-26-10-24-24z",
    "d M56 58c6 12 8 28 8 44h8c0-18-2-32-8-44z",
    "a M65 82h19v6H65zM64.500 70h17v5h-17z",
    ">b2.600 M66 102v8M71 102v8M76 102v8M81 102v8",
    ">l1.600 M36 42c14 8 34 8 48 1",
  ],
  sunglasses: [
    ">b4 M16 54c-2-8 2-14 10-16M104 54c2-8-2-14-10-16",
    ">b5 M52 58c4-5 12-5 16 0",
    "k M14 52c12-5 28-5 38 0 2 18-6 28-18 28S12 70 14 52zM106 52c-12-5-28-5-38 0-2 18 6 28 18 28s22-10 20-28z",
    ">b4.500 M14 52c12-5 28-5 38 0 2 18-6 28-18 28S12 70 14 52zM106 52c-12-5-28-5-38 0-2 18 6 28 18 28s22-10 20-28z",
    ">y2 M22 60c2-3 5-5 9-5M76 60c2-3 5-5 9-5",
  ],
  watch: [
    "b M46 8h28l4 30H42zM46 112h28l4-30H42z",
    "d M46 8h8l-2 30H42zM46 112h8l-2-30H42z",
    "g M60 32a28 28 0 1 1-.100 0z",
    "w M60 38a22 22 0 1 1-.100 0z",
    ">k3 M60 46v14l10 7",
    ">y2 M60 41v3M60 76v3M41 60h3M76 60h3",
    "g M88 56h5v8h-5z",
  ],
  mug: [
    ">b8 M80 50c20-4 24 34-2 34",
    "b M26 38h56v54c0 7-5 12-12 12H38c-7 0-12-5-12-12z",
    "d M26 38h12v54c0 5 2 9 5 12h-5c-7 0-12-5-12-12z",
    "D M26 38c0-7 56-7 56 0s-56 7-56 0z",
    "a M26 62h56v10H26z",
    ">y2.600 M44 26c-4-5 4-8 0-14M56 26c-4-5 4-8 0-14M68 26c-4-5 4-8 0-14",
  ],
  candle: [
    "y M60 14c8 9 9 14 9 18a9 9 0 0 1-18 0c0-4 2-9 9-18z",
    "a M60 24c4 5 4 7 4 9a4 4 0 0 1-8 0c0-2 1-4 4-9z",
    ">k2.400 M60 40v8",
    "b M32 50h56v48c0 5-4 8-8 8H40c-4 0-8-3-8-8z",
    "d M32 50h12v56h-4c-4 0-8-3-8-8z",
    "l M32 50c0-6 56-6 56 0s-56 6-56 0z",
    "w M46 70h28v20H46z",
    ">g1.600 M51 77h18M51 83h12",
  ],
  blanket: [
    "d M20 84h80c6 0 8 4 8 9s-3 9-8 9H20z",
    "b M20 62h80c6 0 8 4 8 10s-2 10-8 10H20z",
    "l M20 40h76c8 0 12 5 12 10s-4 10-10 10H20z",
    "b M20 38c-6 0-10 6-10 14v36c0 8 4 14 10 14s10-6 10-14V52c0-8-4-14-10-14z",
    "a M54 40h8v20h-8zM54 62h8v20h-8zM54 84h8v18h-8z",
    ">D1.600 M20 50c-3 0-4 4-4 8v24c0 4 1 8 4 8",
  ],
  towel: [
    ">g4 M14 24h92",
    "b M30 22h60v76H30z",
    "d M30 22h60v8H30zM30 30h10v68H30z",
    "a M30 72h60v5H30zM30 81h60v5H30z",
    ">b2.400 M33 98v8M40 98v8M47 98v8M54 98v8M61 98v8M68 98v8M75 98v8M82 98v8M88 98v8",
  ],
  tent: [
    "d M60 24l50 72H78z",
    "b M60 24L10 96h68z",
    "D M60 24L42 96h34z",
    "l M60 24L42 96h10z",
    ">g2.600 M60 24l-4-7M60 24l4-7M10 96l-6 6M110 96l6 6",
    ">d2 M8 97h106",
  ],
  sleeping_bag: [
    "d M36 18c-12 0-18 8-18 20l8 56c1 8 10 12 34 12s33-4 34-12l8-56c0-12-6-20-18-20z",
    "b M36 22c-9 0-14 6-14 16l8 54c1 7 8 10 30 10s29-3 30-10l8-54c0-10-5-16-14-16z",
    "l M40 26h40c8 0 11 6 8 14-4 10-14 14-28 14s-24-4-28-14c-3-8 0-14 8-14z",
    "y M44 32h32c5 0 7 4 5 8-3 6-10 9-21 9s-18-3-21-9c-2-4 0-8 5-8z",
    ">d2.400 M28 68c20 6 44 6 64 0M30 84c18 6 42 6 60 0",
    ">g2 M88 54l-6 46",
  ],
  lamp: [
    ">g4 M42 34c0-26 36-26 36 0",
    "b M38 32h44l4 12H34z",
    "y M38 46h44v36H38z",
    "a M60 52c7 9 8 13 8 17a8 8 0 0 1-16 0c0-4 1-8 8-17z",
    ">d3 M39 46v36M81 46v36",
    "b M32 82h56l4 20c0 2-1 4-3 4H31c-2 0-3-2-3-4z",
    "d M32 82h12l-3 24H31c-2 0-3-2-3-4z",
  ],
  bottle: [
    "g M50 10h20v14H50z",
    "k M48 20h24v7H48z",
    "b M46 28h28c0 8 8 10 8 22v50c0 5-3 8-8 8H46c-5 0-8-3-8-8V50c0-12 8-14 8-22z",
    "d M46 28h6c0 10-4 14-4 24v56h-2c-5 0-8-3-8-8V50c0-12 8-14 8-22z",
    "a M38 62h44v18H38z",
    ">l2.600 M74 40c2 4 3 6 3 12v44",
  ],
  parcel: [
    "d M60 52l44-18v50l-44 22z",
    "b M60 52L16 34v50l44 22z",
    "l M60 14l44 20-44 18-44-18z",
    "a M36 25l45 18.500v16l-9 3.500V47L27 28.500z",
  ],
};

// Where a drawing that fills only a part of its field is framed: its viewBox.
const SHOE_FRAME = "2 26 116 84";
const FRAMES = {
  sneaker: SHOE_FRAME, runner: SHOE_FRAME, slip_on: SHOE_FRAME, dress_shoe: SHOE_FRAME, sandal: SHOE_FRAME, high_top: "2 22 116 88",
  sunglasses: "6 16 108 92", shorts: "8 20 104 96", underwear: "8 22 104 92", belt: "6 26 108 90", wallet: "8 22 104 92",
};

// Words of a category or a title, and what is drawn for them; the first that fits.
const KINDS = [
  [/sleeping/, "sleeping_bag"],
  [/running|runner|trail/, "runner"],
  [/dress shoe|oxford|derby|brogue|pump|heel|loafer|ballet|flat/, "dress_shoe"],
  [/boot|wellington|chelsea/, "boot"],
  [/sandal|slide|flip|clog/, "sandal"],
  [/sneaker|shoe|trainer/, "sneaker"],
  [/hood/, "hoodie"],
  [/sweater|knit|cardigan|jumper|pullover|crew/, "sweater"],
  [/raincoat|slicker|poncho|anorak/, "raincoat"],
  [/jacket|coat|parka|vest|blazer/, "jacket"],
  [/backpack|rucksack|daypack|roll-top/, "backpack"],
  [/t-shirt|tee\b|tank|activewear|jersey/, "tee"],
  [/shirt|blouse|flannel/, "shirt"],
  [/shorts/, "shorts"],
  [/trouser|jean|chino|pants|legging|jogger|denim/, "trousers"],
  [/skirt/, "skirt"],
  [/dress/, "dress"],
  [/sock/, "sock"],
  [/underwear|brief|boxer|bra\b/, "underwear"],
  [/tote|bag|sling|crossbody|duffel/, "tote"],
  [/wallet|purse|card holder/, "wallet"],
  [/hat|beanie|cap\b/, "hat"],
  [/belt/, "belt"],
  [/glove|mitten/, "gloves"],
  [/scarf|shawl/, "scarf"],
  [/sunglasses|glasses/, "sunglasses"],
  [/watch/, "watch"],
  [/mug|cup/, "mug"],
  [/candle/, "candle"],
  [/blanket|throw/, "blanket"],
  [/towel/, "towel"],
  [/tent/, "tent"],
  [/lamp|lantern/, "lamp"],
  [/bottle|flask/, "bottle"],
];

const COLOURS = {
  black: "#2b2f33", white: "#f4f3ef", grey: "#8d949b", gray: "#8d949b", charcoal: "#434a50", graphite: "#4d545a", slate: "#5f6f7c",
  silver: "#c3c9ce", granite: "#757b80", zinc: "#9aa3a8", dove: "#b6b8b6", stone: "#b9b0a0", bone: "#e6dfd0", ivory: "#f2ecdc",
  cream: "#efe6d0", ecru: "#e6dcc3", oatmeal: "#d9cdb6", natural: "#dccdb0", champagne: "#e4d2ad", sand: "#d5c09a", nude: "#dcb89f",
  tan: "#c69c6d", camel: "#be9260", khaki: "#a79a6d", taupe: "#938477", wheat: "#dcbd83", cork: "#c49a6c", clay: "#b5694a",
  brown: "#7b5138", chocolate: "#553526", cognac: "#a65c2e", chestnut: "#804a31", tobacco: "#7e5a35", hazel: "#94744a", cinnamon: "#a8623a",
  acorn: "#8f6a43", duck: "#96744a", terracotta: "#c2603f", rust: "#aa4a26", tortoise: "#7a4d2a", havana: "#6d4526", honey: "#d99a3a",
  red: "#c8322f", ruby: "#a8183f", crimson: "#b3203a", scarlet: "#d5301f", cherry: "#b51d36", poppy: "#dc4130", strawberry: "#d8405a",
  cranberry: "#9c1f3c", burgundy: "#6f1f33", oxblood: "#6a2026", wine: "#6b1f3a", maroon: "#6c1f2a", berry: "#8e2a55", raspberry: "#b52a5c",
  mulberry: "#7c2f5c", plum: "#6a3560", pink: "#e58aa6", blush: "#e9bfb8", rose: "#d98b96", coral: "#ef7a62", peach: "#f3b48d",
  orange: "#e27a2c", clementine: "#ee8428", amber: "#d98e1f", marigold: "#e6a21f", mustard: "#cf9a2a", gold: "#c9a24a", yellow: "#ecc640",
  lemon: "#f1dc5a", neon: "#d9ee3c", lime: "#a5c93a", green: "#3f8a54", forest: "#2c5a41", bottle: "#23523f", pine: "#2b5a4a", fern: "#5a8a4a",
  palm: "#47824a", emerald: "#1f7f5b", olive: "#737744", moss: "#6d7848", sage: "#a3b296", eucalyptus: "#8fae9c", celadon: "#aecbb0",
  mint: "#aadcc2", seafoam: "#9fd4c0", frog: "#66a83e", dino: "#5d9a4f", teal: "#1f7a7c", aqua: "#62bfc4", turquoise: "#38b0b0",
  blue: "#3c6ea6", sky: "#86b8dc", navy: "#243a5e", indigo: "#37447a", cobalt: "#2450a8", royal: "#2f53b5", electric: "#2463e0",
  midnight: "#1f2c4a", ink: "#26344f", denim: "#4a6a92", chambray: "#7591b3", cornflower: "#6a8ed6", powder: "#b3cbe0", ice: "#cbe1ea",
  dusty: "#8aa0b4", ocean: "#2a6c94", whale: "#4f7391", rocket: "#3a66b8", robin: "#7cc3cc", rinse: "#33446b", bluebell: "#6f7ecb",
  periwinkle: "#8c94d6", lavender: "#b3a3d4", lilac: "#c3aadb", purple: "#6c4aa0", clear: "#bfdde2", rainbow: "#e0694f", wash: "#7c98ba",
};
const SHADES = { light: 0.28, faded: 0.3, warm: 0.04, dark: -0.28, deep: -0.22, washed: 0.14, vintage: 0.1, hot: -0.06 };

// What a sneaker's title says more.
const SNEAKERS = [
  [/runner|running|trail|racer/, "runner"],
  [/loafer|slip/, "slip_on"],
  [/high|\bmid\b/, "high_top"],
];

// What of `KINDS` a product is, from its category (narrowest last) and its title.
export function kindOf(category, title = "") {
  const narrow = [...(category ?? [])].reverse();
  for (const words of [...narrow, title]) {
    const found = KINDS.find(([pattern]) => pattern.test(words.toLowerCase()));
    if (found?.[1] === "sneaker") return SNEAKERS.find(([pattern]) => pattern.test(title.toLowerCase()))?.[1] ?? "sneaker";
    if (found) return found[1];
  }
  return "parcel";
}

// The first and second colour of a colour's name: `cream forest green` has two, `light blue` and `dusty rose` one.
export function coloursOf(name) {
  const words = (name ?? "").toLowerCase().split(/[^a-z]+/);
  const shade = words.reduce((sum, word) => sum + (SHADES[word] ?? 0), 0);
  const known = words.filter((word) => word in COLOURS);
  const plain = new Set(["blue", "green", "pink", "red", "grey", "yellow", "brown", "white", "navy", "black", "orange", "rose"]);
  const found = [];
  for (const word of known) {
    const before = found.at(-1);
    const isOneColour = before && plain.has(word) && (!plain.has(before) || before === word);
    if (isOneColour && before !== "cream" && before !== "ecru" && before !== "rose") continue; // "forest green" is forest
    found.push(word);
  }
  const [first = "slate", second] = found;
  return [mix(COLOURS[first], shade), second ? COLOURS[second] : null];
}

// A drawing as an SVG element; `label` names it, without one it is only decoration.
export function picture(kind, colour, label = "") {
  const [base, second] = coloursOf(colour);
  const palette = {
    b: base, d: mix(base, -0.16), D: mix(base, -0.34), l: mix(base, 0.18), L: mix(base, 0.4),
    a: second ?? (lightness(base) > 0.72 ? mix(base, -0.24) : mix(base, 0.34)),
    w: "#fbfaf6", y: "#e9e2d3", k: "#2a3138", g: "#aab1b5",
  };
  const svg = shape("svg", { viewBox: FRAMES[kind] ?? "0 0 120 120", class: "picture" });
  if (label) svg.append(Object.assign(shape("title"), { textContent: label }));
  svg.setAttribute(label ? "role" : "aria-hidden", label ? "img" : "true");
  const ground = FRAMES[kind] === SHOE_FRAME || kind === "high_top" ? 97 : 106;
  svg.append(shape("ellipse", { cx: 60, cy: ground, rx: 48, ry: 5, class: "picture-shadow" }));
  for (const part of DRAWINGS[kind] ?? DRAWINGS.parcel) {
    const [, isLine, key, width, path] = part.match(/^(>?)(\w)([\d.]*) (.+)$/s);
    const attributes = isLine
      ? { d: path, fill: "none", stroke: palette[key], "stroke-width": width, "stroke-linecap": "round", "stroke-linejoin": "round" }
      : { d: path, fill: palette[key] };
    svg.append(shape("path", attributes));
  }
  return svg;
}

export function shape(name, attributes = {}) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

// A colour nearer to white (amount above 0) or to black (below 0).
function mix(colour, amount) {
  const to = amount > 0 ? 255 : 0;
  const parts = channels(colour).map((part) => Math.round(part + (to - part) * Math.abs(amount)));
  return `#${parts.map((part) => part.toString(16).padStart(2, "0")).join("")}`;
}

const channels = (colour) => [1, 3, 5].map((start) => parseInt(colour.slice(start, start + 2), 16));

function lightness(colour) {
  const [red, green, blue] = channels(colour);
  return (0.299 * red + 0.587 * green + 0.114 * blue) / 255;
}
