/*
 * National language single shift tables, 3GPP TS 23.038 annex A.2: septet and code point in
 * hexadecimal. Like the default extension table they stand behind an escape.
 */

/** What the tables of Latin script have beside their own letters: the default extension table. */
const LATIN = ['0a:000c 14:005e 28:007b 29:007d 2f:005c 3c:005b 3d:007e 3e:005d 40:007c 65:20ac'];

/** What the tables of Indic scripts and Urdu have in common: what their locking tables took away. */
const INDIC = [
  '00:0040 01:00a3 02:0024 03:00a5 04:00bf 05:0022 06:00a4 07:0025 08:0026 09:0027 0a:000c 0b:002a',
  '0c:002b 0e:002d 0f:002f 10:003c 11:003d 12:003e 13:00a1 14:005e 15:00a1 16:005f 17:0023 18:002a',
  '28:007b 29:007d 2f:005c 3c:005b 3d:007e 3e:005d 40:007c',
  '41:0041 42:0042 43:0043 44:0044 45:0045 46:0046 47:0047 48:0048 49:0049 4a:004a 4b:004b 4c:004c',
  '4d:004d 4e:004e 4f:004f 50:0050 51:0051 52:0052 53:0053 54:0054 55:0055 56:0056 57:0057 58:0058',
  '59:0059 5a:005a 65:20ac',
];

export const SINGLE_TABLES = {
  turkish: [...LATIN, '47:011e 49:0130 53:015e 63:00e7 67:011f 69:0131 73:015f'],
  spanish: [...LATIN, '09:00e7 41:00c1 49:00cd 4f:00d3 55:00da 61:00e1 69:00ed 6f:00f3 75:00fa'],
  portuguese: [
    ...LATIN,
    '05:00ea 09:00e7 0b:00d4 0c:00f4 0e:00c1 0f:00e1 12:03a6 13:0393 15:03a9 16:03a0 17:03a8 18:03a3',
    '19:0398 1f:00ca 41:00c0 49:00cd 4f:00d3 55:00da 5b:00c3 5c:00d5 61:00c2 69:00ed 6f:00f3 75:00fa',
    '7b:00e3 7c:00f5 7f:00e2',
  ],
  bengali: [
    ...INDIC,
    '19:09e6 1a:09e7 1c:09e8 1d:09e9 1e:09ea 1f:09eb 20:09ec 21:09ed 22:09ee 23:09ef 24:09df 25:09e0',
    '26:09e1 27:09e2 2a:09e3 2b:09f2 2c:09f3 2d:09f4 2e:09f5 30:09f6 31:09f7 32:09f8 33:09f9 34:09fa',
  ],
  gujarati: [
    ...INDIC,
    '19:0964 1a:0965 1c:0ae6 1d:0ae7 1e:0ae8 1f:0ae9 20:0aea 21:0aeb 22:0aec 23:0aed 24:0aee 25:0aef',
  ],
  hindi: [
    ...INDIC,
    '19:0964 1a:0965 1c:0966 1d:0967 1e:0968 1f:0969 20:096a 21:096b 22:096c 23:096d 24:096e 25:096f',
    '26:0951 27:0952 2a:0953 2b:0954 2c:0958 2d:0959 2e:095a 30:095b 31:095c 32:095d 33:095e 34:095f',
    '35:0960 36:0961 37:0962 38:0963 39:0970 3a:0971',
  ],
  kannada: [
    ...INDIC,
    '19:0964 1a:0965 1c:0ce6 1d:0ce7 1e:0ce8 1f:0ce9 20:0cea 21:0ceb 22:0cec 23:0ced 24:0cee 25:0cef',
    '26:0cde 27:0cf1 2a:0cf2',
  ],
  malayalam: [
    ...INDIC,
    '19:0964 1a:0965 1c:0d66 1d:0d67 1e:0d68 1f:0d69 20:0d6a 21:0d6b 22:0d6c 23:0d6d 24:0d6e 25:0d6f',
    '26:0d70 27:0d71 2a:0d72 2b:0d73 2c:0d74 2d:0d75 2e:0d7a 30:0d7b 31:0d7c 32:0d7d 33:0d7e 34:0d7f',
  ],
  oriya: [
    ...INDIC,
    '19:0964 1a:0965 1c:0b66 1d:0b67 1e:0b68 1f:0b69 20:0b6a 21:0b6b 22:0b6c 23:0b6d 24:0b6e 25:0b6f',
    '26:0b5c 27:0b5d 2a:0b5f 2b:0b70 2c:0b71',
  ],
  punjabi: [
    ...INDIC,
    '19:0964 1a:0965 1c:0a66 1d:0a67 1e:0a68 1f:0a69 20:0a6a 21:0a6b 22:0a6c 23:0a6d 24:0a6e 25:0a6f',
    '26:0a59 27:0a5a 2a:0a5b 2b:0a5c 2c:0a5e 2d:0a75',
  ],
  tamil: [
    ...INDIC,
    '19:0964 1a:0965 1c:0be6 1d:0be7 1e:0be8 1f:0be9 20:0bea 21:0beb 22:0bec 23:0bed 24:0bee 25:0bef',
    '26:0bf3 27:0bf4 2a:0bf5 2b:0bf6 2c:0bf7 2d:0bf8 2e:0bfa',
  ],
  telugu: [
    ...INDIC,
    '1c:0c66 1d:0c67 1e:0c68 1f:0c69 20:0c6a 21:0c6b 22:0c6c 23:0c6d 24:0c6e 25:0c6f 26:0c58 27:0c59',
    '2a:0c78 2b:0c79 2c:0c7a 2d:0c7b 2e:0c7c 30:0c7d 31:0c7e 32:0c7f',
  ],
  urdu: [
    ...INDIC,
    '19:0600 1a:0601 1c:06f0 1d:06f1 1e:06f2 1f:06f3 20:06f4 21:06f5 22:06f6 23:06f7 24:06f8 25:06f9',
    '26:060c 27:060d 2a:060e 2b:060f 2c:0610 2d:0611 2e:0612 30:0613 31:0614 32:061b 33:061f 34:0640',
    '35:0652 36:0658 37:066b 38:066c 39:0672 3a:0673 3b:06cd 3f:06d4',
  ],
} as const;
