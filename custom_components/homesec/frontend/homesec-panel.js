var ai="M11,15H13V17H11V15M11,7H13V13H11V7M12,2C6.47,2 2,6.5 2,12A10,10 0 0,0 12,22A10,10 0 0,0 22,12A10,10 0 0,0 12,2M12,20A8,8 0 0,1 4,12A8,8 0 0,1 12,4A8,8 0 0,1 20,12A8,8 0 0,1 12,20Z",oi="M12,2L1,21H23M12,6L19.53,19H4.47M11,10V14H13V10M11,16V18H13V16",sr="M11,4H13V16L18.5,10.5L19.92,11.92L12,19.84L4.08,11.92L5.5,10.5L11,16V4Z",Kt="M20,11V13H8L13.5,18.5L12.08,19.92L4.16,12L12.08,4.08L13.5,5.5L8,11H20Z",Oe="M4,11V13H16L10.5,18.5L11.92,19.92L19.84,12L11.92,4.08L10.5,5.5L16,11H4Z",ir="M13,20H11V8L5.5,13.5L4.08,12.08L12,4.16L19.92,12.08L18.5,13.5L13,8V20Z",rr="M19,15.59L17.59,17L14,13.41L10.41,17L9,15.59L12.59,12L9,8.41L10.41,7L14,10.59L17.59,7L19,8.41L15.41,12L19,15.59M22,3A2,2 0 0,1 24,5V19A2,2 0 0,1 22,21H7C6.31,21 5.77,20.64 5.41,20.11L0,12L5.41,3.88C5.77,3.35 6.31,3 7,3H22M22,5H7L2.28,12L7,19H22V5Z",nr="M17.03 6C18.11 6 19 6.88 19 8V19C19 20.13 18.11 21 17.03 21C17.03 21.58 16.56 22 16 22C15.5 22 15 21.58 15 21H9C9 21.58 8.5 22 8 22C7.44 22 6.97 21.58 6.97 21C5.89 21 5 20.13 5 19V8C5 6.88 5.89 6 6.97 6H9V3C9 2.42 9.46 2 10 2H14C14.54 2 15 2.42 15 3V6H17.03M13.5 6V3.5H10.5V6H13.5M8 9V18H9.5V9H8M14.5 9V18H16V9H14.5M11.25 9V18H12.75V9H11.25Z",ar="M22.11,21.46L2.39,1.73L1.11,3L5.83,7.72C5.29,8.73 5,9.86 5,11V17L3,19V20H18.11L20.84,22.73L22.11,21.46M7,18V11C7,10.39 7.11,9.79 7.34,9.23L16.11,18H7M10,21H14A2,2 0 0,1 12,23A2,2 0 0,1 10,21M8.29,5.09C8.82,4.75 9.4,4.5 10,4.29C10,4.19 10,4.1 10,4A2,2 0 0,1 12,2A2,2 0 0,1 14,4C14,4.1 14,4.19 14,4.29C16.97,5.17 19,7.9 19,11V15.8L17,13.8V11A5,5 0 0,0 12,6C11.22,6 10.45,6.2 9.76,6.56L8.29,5.09Z",is="M10 21H14C14 22.1 13.1 23 12 23S10 22.1 10 21M21 19V20H3V19L5 17V11C5 7.9 7 5.2 10 4.3V4C10 2.9 10.9 2 12 2S14 2.9 14 4V4.3C17 5.2 19 7.9 19 11V17L21 19M17 11C17 8.2 14.8 6 12 6S7 8.2 7 11V18H17V11Z",or="M19 10C18.44 10 17.91 10.11 17.41 10.28L14.46 4.5H11V6H13.54L14.42 7.72L12 13.13L10.23 8.95C10.5 8.85 10.74 8.58 10.74 8.25C10.74 7.84 10.41 7.5 10 7.5H8C7.58 7.5 7.24 7.84 7.24 8.25S7.58 9 8 9H8.61L10.86 14.25H9.92C9.56 11.85 7.5 10 5 10C2.24 10 0 12.24 0 15S2.24 20 5 20C7.5 20 9.56 18.15 9.92 15.75H12.5L15.29 9.43L16.08 10.96C14.82 11.87 14 13.34 14 15C14 17.76 16.24 20 19 20S24 17.76 24 15 21.76 10 19 10M5 18.5C3.07 18.5 1.5 16.93 1.5 15S3.07 11.5 5 11.5C6.67 11.5 8.07 12.68 8.41 14.25H4V15.75H8.41C8.07 17.32 6.67 18.5 5 18.5M19 18.5C17.07 18.5 15.5 16.93 15.5 15C15.5 13.92 16 12.97 16.77 12.33L18.57 15.85L19.89 15.13L18.1 11.63C18.39 11.56 18.69 11.5 19 11.5C20.93 11.5 22.5 13.07 22.5 15S20.93 18.5 19 18.5Z",lr="M23 11.5L19.95 10.37C19.69 9.22 19.04 8.56 19.04 8.56C17.4 6.92 14.75 6.92 13.11 8.56L11.63 10.04L5 3C4 7 5 11 7.45 14.22L2 19.5C2 19.5 10.89 21.5 16.07 17.45C18.83 15.29 19.45 14.03 19.84 12.7L23 11.5M17.71 11.72C17.32 12.11 16.68 12.11 16.29 11.72C15.9 11.33 15.9 10.7 16.29 10.31C16.68 9.92 17.32 9.92 17.71 10.31C18.1 10.7 18.1 11.33 17.71 11.72Z",cr="M18,11H6V6H18M16.5,17A1.5,1.5 0 0,1 15,15.5A1.5,1.5 0 0,1 16.5,14A1.5,1.5 0 0,1 18,15.5A1.5,1.5 0 0,1 16.5,17M7.5,17A1.5,1.5 0 0,1 6,15.5A1.5,1.5 0 0,1 7.5,14A1.5,1.5 0 0,1 9,15.5A1.5,1.5 0 0,1 7.5,17M4,16C4,16.88 4.39,17.67 5,18.22V20A1,1 0 0,0 6,21H7A1,1 0 0,0 8,20V19H16V20A1,1 0 0,0 17,21H18A1,1 0 0,0 19,20V18.22C19.61,17.67 20,16.88 20,16V6C20,2.5 16.42,2 12,2C7.58,2 4,2.5 4,6V16Z",hr="M9,10H7V12H9V10M13,10H11V12H13V10M17,10H15V12H17V10M19,3H18V1H16V3H8V1H6V3H5C3.89,3 3,3.9 3,5V19A2,2 0 0,0 5,21H19A2,2 0 0,0 21,19V5A2,2 0 0,0 19,3M19,19H5V8H19V19Z",dr="M20,4H16.83L15,2H9L7.17,4H4A2,2 0 0,0 2,6V18A2,2 0 0,0 4,20H20A2,2 0 0,0 22,18V6A2,2 0 0,0 20,4M20,18H4V6H8.05L9.88,4H14.12L15.95,6H20V18M12,7A5,5 0 0,0 7,12A5,5 0 0,0 12,17A5,5 0 0,0 17,12A5,5 0 0,0 12,7M12,15A3,3 0 0,1 9,12A3,3 0 0,1 12,9A3,3 0 0,1 15,12A3,3 0 0,1 12,15Z",pr="M5,11L6.5,6.5H17.5L19,11M17.5,16A1.5,1.5 0 0,1 16,14.5A1.5,1.5 0 0,1 17.5,13A1.5,1.5 0 0,1 19,14.5A1.5,1.5 0 0,1 17.5,16M6.5,16A1.5,1.5 0 0,1 5,14.5A1.5,1.5 0 0,1 6.5,13A1.5,1.5 0 0,1 8,14.5A1.5,1.5 0 0,1 6.5,16M18.92,6C18.72,5.42 18.16,5 17.5,5H6.5C5.84,5 5.28,5.42 5.08,6L3,12V20A1,1 0 0,0 4,21H5A1,1 0 0,0 6,20V19H18V20A1,1 0 0,0 19,21H20A1,1 0 0,0 21,20V12L18.92,6Z",ur="M12,8L10.67,8.09C9.81,7.07 7.4,4.5 5,4.5C5,4.5 3.03,7.46 4.96,11.41C4.41,12.24 4.07,12.67 4,13.66L2.07,13.95L2.28,14.93L4.04,14.67L4.18,15.38L2.61,16.32L3.08,17.21L4.53,16.32C5.68,18.76 8.59,20 12,20C15.41,20 18.32,18.76 19.47,16.32L20.92,17.21L21.39,16.32L19.82,15.38L19.96,14.67L21.72,14.93L21.93,13.95L20,13.66C19.93,12.67 19.59,12.24 19.04,11.41C20.97,7.46 19,4.5 19,4.5C16.6,4.5 14.19,7.07 13.33,8.09L12,8M9,11A1,1 0 0,1 10,12A1,1 0 0,1 9,13A1,1 0 0,1 8,12A1,1 0 0,1 9,11M15,11A1,1 0 0,1 16,12A1,1 0 0,1 15,13A1,1 0 0,1 14,12A1,1 0 0,1 15,11M11,14H13L12.3,15.39C12.5,16.03 13.06,16.5 13.75,16.5A1.5,1.5 0 0,0 15.25,15H15.75A2,2 0 0,1 13.75,17C13,17 12.35,16.59 12,16V16H12C11.65,16.59 11,17 10.25,17A2,2 0 0,1 8.25,15H8.75A1.5,1.5 0 0,0 10.25,16.5C10.94,16.5 11.5,16.03 11.7,15.39L11,14Z",li="M6.03 12.03L8.03 15.5L5.5 18.68L2 12.62L6.03 12.03M17 18V15.29C17.88 14.9 18.5 14.03 18.5 13C18.5 12.43 18.3 11.9 17.97 11.5L19.94 10.35C20.95 9.76 21.3 8.47 20.71 7.46L19.33 5.06C18.74 4.05 17.45 3.7 16.44 4.28L8.31 9C7.36 9.53 7.03 10.75 7.58 11.71L9.08 14.31C9.63 15.26 10.86 15.59 11.81 15.04L13.69 13.96C13.94 14.55 14.41 15.03 15 15.29V18C15 19.1 15.9 20 17 20H22V18H17Z",fr="M9 17H7V10H9V17M13 17H11V7H13V17M17 17H15V13H17V17M19 19H5V5H19V19.1M19 3H5C3.9 3 3 3.9 3 5V19C3 20.1 3.9 21 5 21H19C20.1 21 21 20.1 21 19V5C21 3.9 20.1 3 19 3Z",ci="M21,7L9,19L3.5,13.5L4.91,12.09L9,16.17L19.59,5.59L21,7Z",mr="M12 2C6.5 2 2 6.5 2 12S6.5 22 12 22 22 17.5 22 12 17.5 2 12 2M10 17L5 12L6.41 10.59L10 14.17L17.59 6.58L19 8L10 17Z",gr="M12 2C6.5 2 2 6.5 2 12S6.5 22 12 22 22 17.5 22 12 17.5 2 12 2M12 20C7.59 20 4 16.41 4 12S7.59 4 12 4 20 7.59 20 12 16.41 20 12 20M16.59 7.58L10 14.17L7.41 11.59L6 13L10 17L18 9L16.59 7.58Z",br="M12,20A8,8 0 0,1 4,12A8,8 0 0,1 12,4A8,8 0 0,1 20,12A8,8 0 0,1 12,20M12,2A10,10 0 0,0 2,12A10,10 0 0,0 12,22A10,10 0 0,0 22,12A10,10 0 0,0 12,2Z",vr="M20,16V10H22V16A2,2 0 0,1 20,18H8C6.89,18 6,17.1 6,16V4C6,2.89 6.89,2 8,2H16V4H8V16H20M10.91,7.08L14,10.17L20.59,3.58L22,5L14,13L9.5,8.5L10.91,7.08M16,20V22H4A2,2 0 0,1 2,20V7H4V20H16Z",Pe="M15.41,16.58L10.83,12L15.41,7.41L14,6L8,12L14,18L15.41,16.58Z",pe="M8.59,16.58L13.17,12L8.59,7.41L10,6L16,12L10,18L8.59,16.58Z",hi="M19,6.41L17.59,5L12,10.59L6.41,5L5,6.41L10.59,12L5,17.59L6.41,19L12,13.41L17.59,19L19,17.59L13.41,12L19,6.41Z",yr="M13 19C13 19.34 13.04 19.67 13.09 20H6.5C5 20 3.69 19.5 2.61 18.43C1.54 17.38 1 16.09 1 14.58C1 13.28 1.39 12.12 2.17 11.1S4 9.43 5.25 9.15C5.67 7.62 6.5 6.38 7.75 5.43S10.42 4 12 4C13.95 4 15.6 4.68 16.96 6.04C18.32 7.4 19 9.05 19 11C20.15 11.13 21.1 11.63 21.86 12.5C22.37 13.07 22.7 13.71 22.86 14.42C21.82 13.54 20.5 13 19 13C18.89 13 18.79 13 18.68 13C18.62 13 18.56 13 18.5 13H17V11C17 9.62 16.5 8.44 15.54 7.46C14.56 6.5 13.38 6 12 6S9.44 6.5 8.46 7.46C7.5 8.44 7 9.62 7 11H6.5C5.53 11 4.71 11.34 4.03 12.03C3.34 12.71 3 13.53 3 14.5S3.34 16.29 4.03 17C4.71 17.66 5.53 18 6.5 18H13.09C13.04 18.33 13 18.66 13 19M17.75 19.43L16.16 17.84L15 19L17.75 22L22.5 17.25L21.34 15.84L17.75 19.43Z",$r="M6.5 20Q4.22 20 2.61 18.43 1 16.85 1 14.58 1 12.63 2.17 11.1 3.35 9.57 5.25 9.15 5.88 6.85 7.75 5.43 9.63 4 12 4 14.93 4 16.96 6.04 19 8.07 19 11 20.73 11.2 21.86 12.5 23 13.78 23 15.5 23 17.38 21.69 18.69 20.38 20 18.5 20H13Q12.18 20 11.59 19.41 11 18.83 11 18V12.85L9.4 14.4L8 13L12 9L16 13L14.6 14.4L13 12.85V18H18.5Q19.55 18 20.27 17.27 21 16.55 21 15.5 21 14.45 20.27 13.73 19.55 13 18.5 13H17V11Q17 8.93 15.54 7.46 14.08 6 12 6 9.93 6 8.46 7.46 7 8.93 7 11H6.5Q5.05 11 4.03 12.03 3 13.05 3 14.5 3 15.95 4.03 17 5.05 18 6.5 18H9V20M12 13Z",wr="M17 3H5C3.89 3 3 3.9 3 5V19C3 20.1 3.89 21 5 21H19C20.1 21 21 20.1 21 19V7L17 3M19 19H5V5H16.17L19 7.83V19M12 12C10.34 12 9 13.34 9 15S10.34 18 12 18 15 16.66 15 15 13.66 12 12 12M6 6H15V10H6V6Z",xr="M10.5,18A0.5,0.5 0 0,1 11,18.5A0.5,0.5 0 0,1 10.5,19A0.5,0.5 0 0,1 10,18.5A0.5,0.5 0 0,1 10.5,18M13.5,18A0.5,0.5 0 0,1 14,18.5A0.5,0.5 0 0,1 13.5,19A0.5,0.5 0 0,1 13,18.5A0.5,0.5 0 0,1 13.5,18M10,11A1,1 0 0,1 11,12A1,1 0 0,1 10,13A1,1 0 0,1 9,12A1,1 0 0,1 10,11M14,11A1,1 0 0,1 15,12A1,1 0 0,1 14,13A1,1 0 0,1 13,12A1,1 0 0,1 14,11M18,18C18,20.21 15.31,22 12,22C8.69,22 6,20.21 6,18C6,17.1 6.45,16.27 7.2,15.6C6.45,14.6 6,13.35 6,12L6.12,10.78C5.58,10.93 4.93,10.93 4.4,10.78C3.38,10.5 1.84,9.35 2.07,8.55C2.3,7.75 4.21,7.6 5.23,7.9C5.82,8.07 6.45,8.5 6.82,8.96L7.39,8.15C6.79,7.05 7,4 10,3L9.91,3.14V3.14C9.63,3.58 8.91,4.97 9.67,6.47C10.39,6.17 11.17,6 12,6C12.83,6 13.61,6.17 14.33,6.47C15.09,4.97 14.37,3.58 14.09,3.14L14,3C17,4 17.21,7.05 16.61,8.15L17.18,8.96C17.55,8.5 18.18,8.07 18.77,7.9C19.79,7.6 21.7,7.75 21.93,8.55C22.16,9.35 20.62,10.5 19.6,10.78C19.07,10.93 18.42,10.93 17.88,10.78L18,12C18,13.35 17.55,14.6 16.8,15.6C17.55,16.27 18,17.1 18,18M12,16C9.79,16 8,16.9 8,18C8,19.1 9.79,20 12,20C14.21,20 16,19.1 16,18C16,16.9 14.21,16 12,16M12,14C13.12,14 14.17,14.21 15.07,14.56C15.65,13.87 16,13 16,12A4,4 0 0,0 12,8A4,4 0 0,0 8,12C8,13 8.35,13.87 8.93,14.56C9.83,14.21 10.88,14 12,14M14.09,3.14V3.14Z",Cr="M15 13H16.5V15.82L18.94 17.23L18.19 18.53L15 16.69V13M23 16C23 19.87 19.87 23 16 23C14.09 23 12.36 22.24 11.1 21H8C6.9 21 6 20.1 6 19V7H18V9.29C20.89 10.15 23 12.83 23 16M9 16C9 12.13 12.13 9 16 9H8V19H9.67C9.24 18.09 9 17.07 9 16M16 11C13.24 11 11 13.24 11 16C11 18.76 13.24 21 16 21C18.76 21 21 18.76 21 16C21 13.24 18.76 11 16 11M15.5 4H19V6H5V4H8.5L9.5 3H14.5L15.5 4Z",_r="M14.12,10.47L12,12.59L9.87,10.47L8.46,11.88L10.59,14L8.47,16.12L9.88,17.53L12,15.41L14.12,17.53L15.53,16.12L13.41,14L15.53,11.88L14.12,10.47M15.5,4L14.5,3H9.5L8.5,4H5V6H19V4H15.5M6,19A2,2 0 0,0 8,21H16A2,2 0 0,0 18,19V7H6V19M8,9H16V19H8V9Z",Ee="M6,19A2,2 0 0,0 8,21H16A2,2 0 0,0 18,19V7H6V19M8,9H16V19H8V9M15.5,4L14.5,3H9.5L8.5,4H5V6H19V4H15.5Z",Mr="M14,14H16L12,10L8,14H10V18H14V14M6,7H18V19C18,19.5 17.8,20 17.39,20.39C17,20.8 16.5,21 16,21H8C7.5,21 7,20.8 6.61,20.39C6.2,20 6,19.5 6,19V7M19,4V6H5V4H8.5L9.5,3H14.5L15.5,4H19Z",kr="M18,4C16.29,4 15.25,4.33 14.65,4.61C13.88,4.23 13,4 12,4C11,4 10.12,4.23 9.35,4.61C8.75,4.33 7.71,4 6,4C3,4 1,12 1,14C1,14.83 2.32,15.59 4.14,15.9C4.78,18.14 7.8,19.85 11.5,20V15.72C10.91,15.35 10,14.68 10,14C10,13 12,13 12,13C12,13 14,13 14,14C14,14.68 13.09,15.35 12.5,15.72V20C16.2,19.85 19.22,18.14 19.86,15.9C21.68,15.59 23,14.83 23,14C23,12 21,4 18,4M4.15,13.87C3.65,13.75 3.26,13.61 3,13.5C3.25,10.73 5.2,6.4 6.05,6C6.59,6 7,6.06 7.37,6.11C5.27,8.42 4.44,12.04 4.15,13.87M9,12A1,1 0 0,1 8,11C8,10.46 8.45,10 9,10A1,1 0 0,1 10,11C10,11.56 9.55,12 9,12M15,12A1,1 0 0,1 14,11C14,10.46 14.45,10 15,10A1,1 0 0,1 16,11C16,11.56 15.55,12 15,12M19.85,13.87C19.56,12.04 18.73,8.42 16.63,6.11C17,6.06 17.41,6 17.95,6C18.8,6.4 20.75,10.73 21,13.5C20.75,13.61 20.36,13.75 19.85,13.87Z",Lr="M5,20H19V18H5M19,9H15V3H9V9H5L12,16L19,9Z",Hr="M12,1L8,5H11V14H13V5H16M18,23H6C4.89,23 4,22.1 4,21V9A2,2 0 0,1 6,7H9V9H6V21H18V9H15V7H18A2,2 0 0,1 20,9V21A2,2 0 0,1 18,23Z",Ar="M2,5.27L3.28,4L20,20.72L18.73,22L15.65,18.92C14.5,19.3 13.28,19.5 12,19.5C7,19.5 2.73,16.39 1,12C1.69,10.24 2.79,8.69 4.19,7.46L2,5.27M12,9A3,3 0 0,1 15,12C15,12.35 14.94,12.69 14.83,13L11,9.17C11.31,9.06 11.65,9 12,9M12,4.5C17,4.5 21.27,7.61 23,12C22.18,14.08 20.79,15.88 19,17.19L17.58,15.76C18.94,14.82 20.06,13.54 20.82,12C19.17,8.64 15.76,6.5 12,6.5C10.91,6.5 9.84,6.68 8.84,7L7.3,5.47C8.74,4.85 10.33,4.5 12,4.5M3.18,12C4.83,15.36 8.24,17.5 12,17.5C12.69,17.5 13.37,17.43 14,17.29L11.72,15C10.29,14.85 9.15,13.71 9,12.28L5.6,8.87C4.61,9.72 3.78,10.78 3.18,12Z",di="M12,9A3,3 0 0,1 15,12A3,3 0 0,1 12,15A3,3 0 0,1 9,12A3,3 0 0,1 12,9M12,4.5C17,4.5 21.27,7.61 23,12C21.27,16.39 17,19.5 12,19.5C7,19.5 2.73,16.39 1,12C2.73,7.61 7,4.5 12,4.5M3.18,12C4.83,15.36 8.24,17.5 12,17.5C15.76,17.5 19.17,15.36 20.82,12C19.17,8.64 15.76,6.5 12,6.5C8.24,6.5 4.83,8.64 3.18,12Z",Vr="M18,9H16V7H18M18,13H16V11H18M18,17H16V15H18M8,9H6V7H8M8,13H6V11H8M8,17H6V15H8M18,3V5H16V3H8V5H6V3H4V21H6V19H8V21H16V19H18V21H20V3H18Z",Sr="M6,13H18V11H6M3,6V8H21V6M10,18H14V16H10V18Z",Or="M5,5H10V7H7V10H5V5M14,5H19V10H17V7H14V5M17,14H19V19H14V17H17V14M10,17V19H5V14H7V17H10Z",Pr="M14,14H19V16H16V19H14V14M5,14H10V19H8V16H5V14M8,5H10V10H5V8H8V5M19,8V10H14V5H16V8H19Z",Er="M11 15.5H12.5V17H11V15.5M12 6.95C14.7 7.06 15.87 9.78 14.28 11.81C13.86 12.31 13.19 12.64 12.85 13.07C12.5 13.5 12.5 14 12.5 14.5H11C11 13.65 11 12.94 11.35 12.44C11.68 11.94 12.35 11.64 12.77 11.31C14 10.18 13.68 8.59 12 8.46C11.18 8.46 10.5 9.13 10.5 9.97H9C9 8.3 10.35 6.95 12 6.95M12 2C11.5 2 11 2.19 10.59 2.59L2.59 10.59C1.8 11.37 1.8 12.63 2.59 13.41L10.59 21.41C11.37 22.2 12.63 22.2 13.41 21.41L21.41 13.41C22.2 12.63 22.2 11.37 21.41 10.59L13.41 2.59C13 2.19 12.5 2 12 2M12 4L20 12L12 20L4 12Z",Tr="M13.5,8H12V13L16.28,15.54L17,14.33L13.5,12.25V8M13,3A9,9 0 0,0 4,12H1L4.96,16.03L9,12H6A7,7 0 0,1 13,5A7,7 0 0,1 20,12A7,7 0 0,1 13,19C11.07,19 9.32,18.21 8.06,16.94L6.64,18.36C8.27,20 10.5,21 13,21A9,9 0 0,0 22,12A9,9 0 0,0 13,3",zr="M10,20V14H14V20H19V12H22L12,3L2,12H5V20H10Z",Dr="M22 6V9.5L20.5 10L18.96 7.54C18.83 7.33 18.5 7.42 18.5 7.67V11.25C18.5 12.23 18.11 13.11 17.5 13.78V21H15V15C14.92 15 14.84 15 14.75 15C14.54 15 14.33 14.97 14.13 14.94L9.69 14.2L8.57 16.21L9.53 21H7L6 16.25C5.97 15.95 6 15.65 6.16 15.39L7.18 13.58C6.2 13.03 5.53 12 5.5 10.81C5.46 10.96 5.44 11.18 5.47 11.5C5.5 11.94 5.61 12.59 5.54 13.31C5.5 14.03 5.17 14.77 4.75 15.26C4.32 15.75 3.85 16.09 3.35 16.35L2.65 15.65C2.84 15.18 3.03 14.76 3.07 14.37C3.13 14 3.06 13.7 2.95 13.43L2.42 12.3C2.21 11.79 1.95 11.05 2 10.18C2.03 9.33 2.5 8.22 3.39 7.61C4.29 7 5.26 6.92 6.05 7.08C6.55 7.18 7.06 7.42 7.5 7.76C7.87 7.59 8.3 7.5 8.75 7.5H14.5V7C14.5 4.79 16.29 3 18.5 3H22L21.11 4.34C21.65 4.7 22 5.31 22 6Z",Ir="M22 20.7L3.3 2L2 3.3L3 4.3V19C3 20.1 3.9 21 5 21H19.7L20.7 22L22 20.7M5 19V6.3L12.6 13.9L11.1 15.8L9 13.1L6 17H15.7L17.7 19H5M8.8 5L6.8 3H19C20.1 3 21 3.9 21 5V17.2L19 15.2V5H8.8",ue="M12,17A2,2 0 0,0 14,15C14,13.89 13.1,13 12,13A2,2 0 0,0 10,15A2,2 0 0,0 12,17M18,8A2,2 0 0,1 20,10V20A2,2 0 0,1 18,22H6A2,2 0 0,1 4,20V10C4,8.89 4.9,8 6,8H7V6A5,5 0 0,1 12,1A5,5 0 0,1 17,6V8H18M12,3A3,3 0 0,0 9,6V8H15V6A3,3 0 0,0 12,3Z",Te="M10 13C11.1 13 12 13.89 12 15C12 16.11 11.11 17 10 17S8 16.11 8 15 8.9 13 10 13M18 1C15.24 1 13 3.24 13 6V8H4C2.9 8 2 8.9 2 10V20C2 21.1 2.9 22 4 22H16C17.1 22 18 21.1 18 20V10C18 8.9 17.1 8 16 8H15V6C15 4.34 16.34 3 18 3S21 4.34 21 6V8H23V6C23 3.24 20.76 1 18 1M16 10V20H4V10H16Z",Ur="M9.5,3A6.5,6.5 0 0,1 16,9.5C16,11.11 15.41,12.59 14.44,13.73L14.71,14H15.5L20.5,19L19,20.5L14,15.5V14.71L13.73,14.44C12.59,15.41 11.11,16 9.5,16A6.5,6.5 0 0,1 3,9.5A6.5,6.5 0 0,1 9.5,3M9.5,5C7,5 5,7 5,9.5C5,12 7,14 9.5,14C12,14 14,12 14,9.5C14,7 12,5 9.5,5Z",Rr="M15.5,14H14.71L14.43,13.73C15.41,12.59 16,11.11 16,9.5A6.5,6.5 0 0,0 9.5,3A6.5,6.5 0 0,0 3,9.5A6.5,6.5 0 0,0 9.5,16C11.11,16 12.59,15.41 13.73,14.43L14,14.71V15.5L19,20.5L20.5,19L15.5,14M9.5,14C7,14 5,12 5,9.5C5,7 7,5 9.5,5C12,5 14,7 14,9.5C14,12 12,14 9.5,14M7,9H12V10H7V9Z",Nr="M15.5,14L20.5,19L19,20.5L14,15.5V14.71L13.73,14.43C12.59,15.41 11.11,16 9.5,16A6.5,6.5 0 0,1 3,9.5A6.5,6.5 0 0,1 9.5,3A6.5,6.5 0 0,1 16,9.5C16,11.11 15.41,12.59 14.43,13.73L14.71,14H15.5M9.5,14C12,14 14,12 14,9.5C14,7 12,5 9.5,5C7,5 5,7 5,9.5C5,12 7,14 9.5,14M12,10H10V12H9V10H7V9H9V7H10V9H12V10Z",jr="M3,6H21V8H3V6M3,11H21V13H3V11M3,16H21V18H3V16Z",Zr="M7,10L12,15L17,10H7Z",Fr="M12,2A3,3 0 0,1 15,5V11A3,3 0 0,1 12,14A3,3 0 0,1 9,11V5A3,3 0 0,1 12,2M19,11C19,14.53 16.39,17.44 13,17.93V21H11V17.93C7.61,17.44 5,14.53 5,11H7A5,5 0 0,0 12,16A5,5 0 0,0 17,11H19Z",Br="M17.3,11C17.3,14 14.76,16.1 12,16.1C9.24,16.1 6.7,14 6.7,11H5C5,14.41 7.72,17.23 11,17.72V21H13V17.72C16.28,17.23 19,14.41 19,11M10.8,4.9C10.8,4.24 11.34,3.7 12,3.7C12.66,3.7 13.2,4.24 13.2,4.9L13.19,11.1C13.19,11.76 12.66,12.3 12,12.3C11.34,12.3 10.8,11.76 10.8,11.1M12,14A3,3 0 0,0 15,11V5A3,3 0 0,0 12,2A3,3 0 0,0 9,5V11A3,3 0 0,0 12,14Z",qr="M2 12A10 10 0 0 0 15 21.54A10 10 0 0 1 15 2.46A10 10 0 0 0 2 12Z",Wr="M10,0.2C9,0.2 8.2,1 8.2,2C8.2,3 9,3.8 10,3.8C11,3.8 11.8,3 11.8,2C11.8,1 11,0.2 10,0.2M15.67,1A7.33,7.33 0 0,0 23,8.33V7A6,6 0 0,1 17,1H15.67M18.33,1C18.33,3.58 20.42,5.67 23,5.67V4.33C21.16,4.33 19.67,2.84 19.67,1H18.33M21,1A2,2 0 0,0 23,3V1H21M7.92,4.03C7.75,4.03 7.58,4.06 7.42,4.11L2,5.8V11H3.8V7.33L5.91,6.67L2,22H3.8L6.67,13.89L9,17V22H10.8V15.59L8.31,11.05L9.04,8.18L10.12,10H15V8.2H11.38L9.38,4.87C9.08,4.37 8.54,4.03 7.92,4.03Z",Kr="M17.42,10L13.41,6H9V8H12.59L14.59,10H6.5C4,10 2,12 2,14.5C2,17 4,19 6.5,19C8.72,19 10.56,17.38 10.92,15.27L13.04,14C13,14.17 13,14.33 13,14.5C13,17 15,19 17.5,19C20,19 22,17 22,14.5C22,12 20,10 17.5,10M8.84,15.26C8.5,16.27 7.58,17 6.47,17C5.09,17 3.97,15.88 3.97,14.5C3.97,13.12 5.09,12 6.47,12C7.59,12 8.5,12.74 8.84,13.75H6V15.25L8.84,15.26M17.47,17C16.09,17 14.97,15.88 14.97,14.5C14.97,13.12 16.09,12 17.47,12A2.5,2.5 0 0,1 19.97,14.5A2.5,2.5 0 0,1 17.47,17Z",Gr="M8.35,3C9.53,2.83 10.78,4.12 11.14,5.9C11.5,7.67 10.85,9.25 9.67,9.43C8.5,9.61 7.24,8.32 6.87,6.54C6.5,4.77 7.17,3.19 8.35,3M15.5,3C16.69,3.19 17.35,4.77 17,6.54C16.62,8.32 15.37,9.61 14.19,9.43C13,9.25 12.35,7.67 12.72,5.9C13.08,4.12 14.33,2.83 15.5,3M3,7.6C4.14,7.11 5.69,8 6.5,9.55C7.26,11.13 7,12.79 5.87,13.28C4.74,13.77 3.2,12.89 2.41,11.32C1.62,9.75 1.9,8.08 3,7.6M21,7.6C22.1,8.08 22.38,9.75 21.59,11.32C20.8,12.89 19.26,13.77 18.13,13.28C17,12.79 16.74,11.13 17.5,9.55C18.31,8 19.86,7.11 21,7.6M19.33,18.38C19.37,19.32 18.65,20.36 17.79,20.75C16,21.57 13.88,19.87 11.89,19.87C9.9,19.87 7.76,21.64 6,20.75C5,20.26 4.31,18.96 4.44,17.88C4.62,16.39 6.41,15.59 7.47,14.5C8.88,13.09 9.88,10.44 11.89,10.44C13.89,10.44 14.95,13.05 16.3,14.5C17.41,15.72 19.26,16.75 19.33,18.38Z",Xr="M12,20C7.59,20 4,16.41 4,12C4,7.59 7.59,4 12,4C16.41,4 20,7.59 20,12C20,16.41 16.41,20 12,20M12,2A10,10 0 0,0 2,12A10,10 0 0,0 12,22A10,10 0 0,0 22,12A10,10 0 0,0 12,2M10,16.5L16,12L10,7.5V16.5Z",Yr="M19,13H13V19H11V13H5V11H11V5H13V11H19V13Z",pi="M16.56,5.44L15.11,6.89C16.84,7.94 18,9.83 18,12A6,6 0 0,1 12,18A6,6 0 0,1 6,12C6,9.83 7.16,7.94 8.88,6.88L7.44,5.44C5.36,6.88 4,9.28 4,12A8,8 0 0,0 12,20A8,8 0 0,0 20,12C20,9.28 18.64,6.88 16.56,5.44M13,3H11V13H13",ui="M12.5,5A7.5,7.5 0 0,0 5,12.5A7.5,7.5 0 0,0 12.5,20A7.5,7.5 0 0,0 20,12.5A7.5,7.5 0 0,0 12.5,5M7,10H9A1,1 0 0,1 10,11V12C10,12.5 9.62,12.9 9.14,12.97L10.31,15H9.15L8,13V15H7M12,10H14V11H12V12H14V13H12V14H14V15H12A1,1 0 0,1 11,14V11A1,1 0 0,1 12,10M16,10H18V11H16V14H18V15H16A1,1 0 0,1 15,14V11A1,1 0 0,1 16,10M8,11V12H9V11",Jr="M18,16.08C17.24,16.08 16.56,16.38 16.04,16.85L8.91,12.7C8.96,12.47 9,12.24 9,12C9,11.76 8.96,11.53 8.91,11.3L15.96,7.19C16.5,7.69 17.21,8 18,8A3,3 0 0,0 21,5A3,3 0 0,0 18,2A3,3 0 0,0 15,5C15,5.24 15.04,5.47 15.09,5.7L8.04,9.81C7.5,9.31 6.79,9 6,9A3,3 0 0,0 3,12A3,3 0 0,0 6,15C6.79,15 7.5,14.69 8.04,14.19L15.16,18.34C15.11,18.55 15.08,18.77 15.08,19C15.08,20.61 16.39,21.91 18,21.91C19.61,21.91 20.92,20.61 20.92,19A2.92,2.92 0 0,0 18,16.08Z",Qr="M20,8.5A2.5,2.5 0 0,1 17.5,11C16.42,11 15.5,10.31 15.16,9.36C14.72,9.75 14.14,10 13.5,10C12.94,10 12.42,9.81 12,9.5C11.58,9.81 11.07,10 10.5,10C9.86,10 9.28,9.75 8.84,9.36C8.5,10.31 7.58,11 6.5,11A2.5,2.5 0 0,1 4,8.5C4,7.26 4.91,6.23 6.1,6.04C6.04,5.87 6,5.69 6,5.5A1.5,1.5 0 0,1 7.5,4C7.7,4 7.89,4.04 8.06,4.11C8.23,3.47 8.81,3 9.5,3C9.75,3 10,3.07 10.18,3.17C10.5,2.5 11.19,2 12,2C12.81,2 13.5,2.5 13.82,3.17C14,3.07 14.25,3 14.5,3C15.19,3 15.77,3.47 15.94,4.11C16.11,4.04 16.3,4 16.5,4A1.5,1.5 0 0,1 18,5.5C18,5.69 17.96,5.87 17.9,6.04C19.09,6.23 20,7.26 20,8.5M10,12A1,1 0 0,0 9,13A1,1 0 0,0 10,14A1,1 0 0,0 11,13A1,1 0 0,0 10,12M14,12A1,1 0 0,0 13,13A1,1 0 0,0 14,14A1,1 0 0,0 15,13A1,1 0 0,0 14,12M20.23,10.66C19.59,11.47 18.61,12 17.5,12C17.05,12 16.62,11.9 16.21,11.73C16.2,14.28 15.83,17.36 14.45,18.95C13.93,19.54 13.3,19.86 12.5,19.96V18H11.5V19.96C10.7,19.86 10.07,19.55 9.55,18.95C8.16,17.35 7.79,14.29 7.78,11.74C7.38,11.9 6.95,12 6.5,12C5.39,12 4.41,11.47 3.77,10.66C2.88,11.55 2,12 2,12C2,12 3,14 5,14C5.36,14 5.64,13.96 5.88,13.91C6.22,17.73 7.58,22 12,22C16.42,22 17.78,17.73 18.12,13.91C18.36,13.96 18.64,14 19,14C21,14 22,12 22,12C22,12 21.12,11.55 20.23,10.66Z",rs="M12,1L3,5V11C3,16.55 6.84,21.74 12,23C17.16,21.74 21,16.55 21,11V5M11,7H13V13H11M11,15H13V17H11",tn="M21,11C21,16.55 17.16,21.74 12,23C6.84,21.74 3,16.55 3,11V5L12,1L21,5V11M12,21C15.75,20 19,15.54 19,11.22V6.3L12,3.18V21Z",en="M11,13H13V16H16V11H18L12,6L6,11H8V16H11V13M12,1L21,5V11C21,16.55 17.16,21.74 12,23C6.84,21.74 3,16.55 3,11V5L12,1Z",sn="M12,1L3,5V11C3,16.55 6.84,21.74 12,23C17.16,21.74 21,16.55 21,11V5L12,1M12,7C13.4,7 14.8,8.1 14.8,9.5V11C15.4,11 16,11.6 16,12.3V15.8C16,16.4 15.4,17 14.7,17H9.2C8.6,17 8,16.4 8,15.7V12.2C8,11.6 8.6,11 9.2,11V9.5C9.2,8.1 10.6,7 12,7M12,8.2C11.2,8.2 10.5,8.7 10.5,9.5V11H13.5V9.5C13.5,8.7 12.8,8.2 12,8.2Z",rn="M1,4.27L3,6.27V11C3,16.55 6.84,21.74 12,23C13.87,22.54 15.57,21.56 16.97,20.24L19.23,22.5L20.5,21.22L2.28,3L1,4.27M12,21C8.25,20 5,15.54 5,11.22V8.27L15.59,18.86C14.53,19.89 13.3,20.65 12,21M21,5V11C21,13.28 20.35,15.5 19.23,17.4L17.77,15.95C18.54,14.5 19,12.84 19,11.22V6.3L12,3.18L7.16,5.34L5.65,3.82L12,1L21,5Z",nn="M12 1L3 5V11C3 16.55 6.84 21.74 12 23C17.16 21.74 21 16.55 21 11V5L12 1M12 8.89C13.6 8.89 14.89 10.18 14.89 11.78S13.6 14.67 12 14.67 9.11 13.37 9.11 11.78 10.41 8.89 12 8.89M12 6L13.38 8C12.96 7.82 12.5 7.73 12 7.73S11.05 7.82 10.62 8L12 6M7 8.89L9.4 8.69C9.06 9 8.74 9.34 8.5 9.76C8.25 10.18 8.1 10.62 8 11.08L7 8.89M7 14.67L8.03 12.5C8.11 12.93 8.27 13.38 8.5 13.8C8.75 14.23 9.06 14.59 9.4 14.88L7 14.67M17 8.89L16 11.08C15.9 10.62 15.74 10.18 15.5 9.76C15.26 9.34 14.95 9 14.6 8.68L17 8.89M17 14.67L14.6 14.87C14.94 14.58 15.25 14.22 15.5 13.8C15.74 13.38 15.89 12.93 15.97 12.5L17 14.67M12 17.55L10.61 15.57C11.04 15.72 11.5 15.82 12 15.82C12.5 15.82 12.95 15.72 13.37 15.57L12 17.55Z",fi="M12,2A10,10 0 0,0 2,12A10,10 0 0,0 12,22A10,10 0 0,0 22,12A10,10 0 0,0 12,2M12,4C16.41,4 20,7.59 20,12C20,16.41 16.41,20 12,20C7.59,20 4,16.41 4,12C4,7.59 7.59,4 12,4M9,9V15H15V9",an="M18,18.5A1.5,1.5 0 0,1 16.5,17A1.5,1.5 0 0,1 18,15.5A1.5,1.5 0 0,1 19.5,17A1.5,1.5 0 0,1 18,18.5M19.5,9.5L21.46,12H17V9.5M6,18.5A1.5,1.5 0 0,1 4.5,17A1.5,1.5 0 0,1 6,15.5A1.5,1.5 0 0,1 7.5,17A1.5,1.5 0 0,1 6,18.5M20,8H17V4H3C1.89,4 1,4.89 1,6V17H3A3,3 0 0,0 6,20A3,3 0 0,0 9,17H15A3,3 0 0,0 18,20A3,3 0 0,0 21,17H23V12L20,8Z",on="M3,17V19H9V17H3M3,5V7H13V5H3M13,21V19H21V17H13V15H11V21H13M7,9V11H3V13H7V15H9V9H7M21,13V11H11V13H21M15,9H17V7H21V5H17V3H15V9Z",ns="M12.5,8C9.85,8 7.45,9 5.6,10.6L2,7V16H11L7.38,12.38C8.77,11.22 10.54,10.5 12.5,10.5C16.04,10.5 19.05,12.81 20.1,16L22.47,15.22C21.08,11.03 17.15,8 12.5,8Z",ln="M2,2V8H4.28L5.57,16H4V22H10V20.06L15,20.05V22H21V16H19.17L20,9H22V3H16V6.53L14.8,8H9.59L8,5.82V2M4,4H6V6H4M18,5H20V7H18M6.31,8H7.11L9,10.59V14H15V10.91L16.57,9H18L17.16,16H15V18.06H10V16H7.6M11,10H13V12H11M6,18H8V20H6M17,18H19V20H17",mi="M2,2H8V4H16V2H22V8H20V16H22V22H16V20H8V22H2V16H4V8H2V2M16,8V6H8V8H6V16H8V18H16V16H18V8H16M4,4V6H6V4H4M18,4V6H20V4H18M4,18V20H6V18H4M18,18V20H20V18H18Z",cn="M3.41,1.86L2,3.27L4.73,6H4A1,1 0 0,0 3,7V17A1,1 0 0,0 4,18H16C16.21,18 16.39,17.92 16.55,17.82L19.73,21L21.14,19.59L12.28,10.73L3.41,1.86M5,16V8H6.73L14.73,16H5M15,8V10.61L21,16.61V6.5L17,10.5V7A1,1 0 0,0 16,6H10.39L12.39,8H15Z",hn="M14,3.23V5.29C16.89,6.15 19,8.83 19,12C19,15.17 16.89,17.84 14,18.7V20.77C18,19.86 21,16.28 21,12C21,7.72 18,4.14 14,3.23M16.5,12C16.5,10.23 15.5,8.71 14,7.97V16C15.5,15.29 16.5,13.76 16.5,12M3,9V15H7L12,20V4L7,9H3Z",dn="M12,4L9.91,6.09L12,8.18M4.27,3L3,4.27L7.73,9H3V15H7L12,20V13.27L16.25,17.53C15.58,18.04 14.83,18.46 14,18.7V20.77C15.38,20.45 16.63,19.82 17.68,18.96L19.73,21L21,19.73L12,10.73M19,12C19,12.94 18.8,13.82 18.46,14.64L19.97,16.15C20.62,14.91 21,13.5 21,12C21,7.72 18,4.14 14,3.23V5.29C16.89,6.15 19,8.83 19,12M16.5,12C16.5,10.23 15.5,8.71 14,7.97V10.18L16.45,12.63C16.5,12.43 16.5,12.21 16.5,12Z",pn="M14.12,10H19V8.2H15.38L13.38,4.87C13.08,4.37 12.54,4.03 11.92,4.03C11.74,4.03 11.58,4.06 11.42,4.11L6,5.8V11H7.8V7.33L9.91,6.67L6,22H7.8L10.67,13.89L13,17V22H14.8V15.59L12.31,11.05L13.04,8.18M14,3.8C15,3.8 15.8,3 15.8,2C15.8,1 15,0.2 14,0.2C13,0.2 12.2,1 12.2,2C12.2,3 13,3.8 14,3.8Z";const ie=globalThis,ze=ie.ShadowRoot&&(ie.ShadyCSS===void 0||ie.ShadyCSS.nativeShadow)&&"adoptedStyleSheets"in Document.prototype&&"replace"in CSSStyleSheet.prototype,De=Symbol(),as=new WeakMap;let gi=class{constructor(t,s,i){if(this._$cssResult$=!0,i!==De)throw Error("CSSResult is not constructable. Use `unsafeCSS` or `css` instead.");this.cssText=t,this.t=s}get styleSheet(){let t=this.o;const s=this.t;if(ze&&t===void 0){const i=s!==void 0&&s.length===1;i&&(t=as.get(s)),t===void 0&&((this.o=t=new CSSStyleSheet).replaceSync(this.cssText),i&&as.set(s,t))}return t}toString(){return this.cssText}};const un=e=>new gi(typeof e=="string"?e:e+"",void 0,De),b=(e,...t)=>{const s=e.length===1?e[0]:t.reduce((i,r,n)=>i+(a=>{if(a._$cssResult$===!0)return a.cssText;if(typeof a=="number")return a;throw Error("Value passed to 'css' function must be a 'css' function result: "+a+". Use 'unsafeCSS' to pass non-literal values, but take care to ensure page security.")})(r)+e[n+1],e[0]);return new gi(s,e,De)},fn=(e,t)=>{if(ze)e.adoptedStyleSheets=t.map(s=>s instanceof CSSStyleSheet?s:s.styleSheet);else for(const s of t){const i=document.createElement("style"),r=ie.litNonce;r!==void 0&&i.setAttribute("nonce",r),i.textContent=s.cssText,e.appendChild(i)}},os=ze?e=>e:e=>e instanceof CSSStyleSheet?(t=>{let s="";for(const i of t.cssRules)s+=i.cssText;return un(s)})(e):e;const{is:mn,defineProperty:gn,getOwnPropertyDescriptor:bn,getOwnPropertyNames:vn,getOwnPropertySymbols:yn,getPrototypeOf:$n}=Object,fe=globalThis,ls=fe.trustedTypes,wn=ls?ls.emptyScript:"",xn=fe.reactiveElementPolyfillSupport,It=(e,t)=>e,ne={toAttribute(e,t){switch(t){case Boolean:e=e?wn:null;break;case Object:case Array:e=e==null?e:JSON.stringify(e)}return e},fromAttribute(e,t){let s=e;switch(t){case Boolean:s=e!==null;break;case Number:s=e===null?null:Number(e);break;case Object:case Array:try{s=JSON.parse(e)}catch{s=null}}return s}},Ie=(e,t)=>!mn(e,t),cs={attribute:!0,type:String,converter:ne,reflect:!1,useDefault:!1,hasChanged:Ie};Symbol.metadata??=Symbol("metadata"),fe.litPropertyMetadata??=new WeakMap;let $t=class extends HTMLElement{static addInitializer(t){this._$Ei(),(this.l??=[]).push(t)}static get observedAttributes(){return this.finalize(),this._$Eh&&[...this._$Eh.keys()]}static createProperty(t,s=cs){if(s.state&&(s.attribute=!1),this._$Ei(),this.prototype.hasOwnProperty(t)&&((s=Object.create(s)).wrapped=!0),this.elementProperties.set(t,s),!s.noAccessor){const i=Symbol(),r=this.getPropertyDescriptor(t,i,s);r!==void 0&&gn(this.prototype,t,r)}}static getPropertyDescriptor(t,s,i){const{get:r,set:n}=bn(this.prototype,t)??{get(){return this[s]},set(a){this[s]=a}};return{get:r,set(a){const l=r?.call(this);n?.call(this,a),this.requestUpdate(t,l,i)},configurable:!0,enumerable:!0}}static getPropertyOptions(t){return this.elementProperties.get(t)??cs}static _$Ei(){if(this.hasOwnProperty(It("elementProperties")))return;const t=$n(this);t.finalize(),t.l!==void 0&&(this.l=[...t.l]),this.elementProperties=new Map(t.elementProperties)}static finalize(){if(this.hasOwnProperty(It("finalized")))return;if(this.finalized=!0,this._$Ei(),this.hasOwnProperty(It("properties"))){const s=this.properties,i=[...vn(s),...yn(s)];for(const r of i)this.createProperty(r,s[r])}const t=this[Symbol.metadata];if(t!==null){const s=litPropertyMetadata.get(t);if(s!==void 0)for(const[i,r]of s)this.elementProperties.set(i,r)}this._$Eh=new Map;for(const[s,i]of this.elementProperties){const r=this._$Eu(s,i);r!==void 0&&this._$Eh.set(r,s)}this.elementStyles=this.finalizeStyles(this.styles)}static finalizeStyles(t){const s=[];if(Array.isArray(t)){const i=new Set(t.flat(1/0).reverse());for(const r of i)s.unshift(os(r))}else t!==void 0&&s.push(os(t));return s}static _$Eu(t,s){const i=s.attribute;return i===!1?void 0:typeof i=="string"?i:typeof t=="string"?t.toLowerCase():void 0}constructor(){super(),this._$Ep=void 0,this.isUpdatePending=!1,this.hasUpdated=!1,this._$Em=null,this._$Ev()}_$Ev(){this._$ES=new Promise(t=>this.enableUpdating=t),this._$AL=new Map,this._$E_(),this.requestUpdate(),this.constructor.l?.forEach(t=>t(this))}addController(t){(this._$EO??=new Set).add(t),this.renderRoot!==void 0&&this.isConnected&&t.hostConnected?.()}removeController(t){this._$EO?.delete(t)}_$E_(){const t=new Map,s=this.constructor.elementProperties;for(const i of s.keys())this.hasOwnProperty(i)&&(t.set(i,this[i]),delete this[i]);t.size>0&&(this._$Ep=t)}createRenderRoot(){const t=this.shadowRoot??this.attachShadow(this.constructor.shadowRootOptions);return fn(t,this.constructor.elementStyles),t}connectedCallback(){this.renderRoot??=this.createRenderRoot(),this.enableUpdating(!0),this._$EO?.forEach(t=>t.hostConnected?.())}enableUpdating(t){}disconnectedCallback(){this._$EO?.forEach(t=>t.hostDisconnected?.())}attributeChangedCallback(t,s,i){this._$AK(t,i)}_$ET(t,s){const i=this.constructor.elementProperties.get(t),r=this.constructor._$Eu(t,i);if(r!==void 0&&i.reflect===!0){const n=(i.converter?.toAttribute!==void 0?i.converter:ne).toAttribute(s,i.type);this._$Em=t,n==null?this.removeAttribute(r):this.setAttribute(r,n),this._$Em=null}}_$AK(t,s){const i=this.constructor,r=i._$Eh.get(t);if(r!==void 0&&this._$Em!==r){const n=i.getPropertyOptions(r),a=typeof n.converter=="function"?{fromAttribute:n.converter}:n.converter?.fromAttribute!==void 0?n.converter:ne;this._$Em=r;const l=a.fromAttribute(s,n.type);this[r]=l??this._$Ej?.get(r)??l,this._$Em=null}}requestUpdate(t,s,i,r=!1,n){if(t!==void 0){const a=this.constructor;if(r===!1&&(n=this[t]),i??=a.getPropertyOptions(t),!((i.hasChanged??Ie)(n,s)||i.useDefault&&i.reflect&&n===this._$Ej?.get(t)&&!this.hasAttribute(a._$Eu(t,i))))return;this.C(t,s,i)}this.isUpdatePending===!1&&(this._$ES=this._$EP())}C(t,s,{useDefault:i,reflect:r,wrapped:n},a){i&&!(this._$Ej??=new Map).has(t)&&(this._$Ej.set(t,a??s??this[t]),n!==!0||a!==void 0)||(this._$AL.has(t)||(this.hasUpdated||i||(s=void 0),this._$AL.set(t,s)),r===!0&&this._$Em!==t&&(this._$Eq??=new Set).add(t))}async _$EP(){this.isUpdatePending=!0;try{await this._$ES}catch(s){Promise.reject(s)}const t=this.scheduleUpdate();return t!=null&&await t,!this.isUpdatePending}scheduleUpdate(){return this.performUpdate()}performUpdate(){if(!this.isUpdatePending)return;if(!this.hasUpdated){if(this.renderRoot??=this.createRenderRoot(),this._$Ep){for(const[r,n]of this._$Ep)this[r]=n;this._$Ep=void 0}const i=this.constructor.elementProperties;if(i.size>0)for(const[r,n]of i){const{wrapped:a}=n,l=this[r];a!==!0||this._$AL.has(r)||l===void 0||this.C(r,void 0,n,l)}}let t=!1;const s=this._$AL;try{t=this.shouldUpdate(s),t?(this.willUpdate(s),this._$EO?.forEach(i=>i.hostUpdate?.()),this.update(s)):this._$EM()}catch(i){throw t=!1,this._$EM(),i}t&&this._$AE(s)}willUpdate(t){}_$AE(t){this._$EO?.forEach(s=>s.hostUpdated?.()),this.hasUpdated||(this.hasUpdated=!0,this.firstUpdated(t)),this.updated(t)}_$EM(){this._$AL=new Map,this.isUpdatePending=!1}get updateComplete(){return this.getUpdateComplete()}getUpdateComplete(){return this._$ES}shouldUpdate(t){return!0}update(t){this._$Eq&&=this._$Eq.forEach(s=>this._$ET(s,this[s])),this._$EM()}updated(t){}firstUpdated(t){}};$t.elementStyles=[],$t.shadowRootOptions={mode:"open"},$t[It("elementProperties")]=new Map,$t[It("finalized")]=new Map,xn?.({ReactiveElement:$t}),(fe.reactiveElementVersions??=[]).push("2.1.2");const Ue=globalThis,hs=e=>e,ae=Ue.trustedTypes,ds=ae?ae.createPolicy("lit-html",{createHTML:e=>e}):void 0,bi="$lit$",G=`lit$${Math.random().toFixed(9).slice(2)}$`,vi="?"+G,Cn=`<${vi}>`,nt=document,Ut=()=>nt.createComment(""),Rt=e=>e===null||typeof e!="object"&&typeof e!="function",Re=Array.isArray,_n=e=>Re(e)||typeof e?.[Symbol.iterator]=="function",_e=`[ 	
\f\r]`,Tt=/<(?:(!--|\/[^a-zA-Z])|(\/?[a-zA-Z][^>\s]*)|(\/?$))/g,ps=/-->/g,us=/>/g,st=RegExp(`>|${_e}(?:([^\\s"'>=/]+)(${_e}*=${_e}*(?:[^ 	
\f\r"'\`<>=]|("|')|))|$)`,"g"),fs=/'/g,ms=/"/g,yi=/^(?:script|style|textarea|title)$/i,$i=e=>(t,...s)=>({_$litType$:e,strings:t,values:s}),o=$i(1),re=$i(2),at=Symbol.for("lit-noChange"),h=Symbol.for("lit-nothing"),gs=new WeakMap,rt=nt.createTreeWalker(nt,129);function wi(e,t){if(!Re(e)||!e.hasOwnProperty("raw"))throw Error("invalid template strings array");return ds!==void 0?ds.createHTML(t):t}const Mn=(e,t)=>{const s=e.length-1,i=[];let r,n=t===2?"<svg>":t===3?"<math>":"",a=Tt;for(let l=0;l<s;l++){const c=e[l];let u,m,d=-1,y=0;for(;y<c.length&&(a.lastIndex=y,m=a.exec(c),m!==null);)y=a.lastIndex,a===Tt?m[1]==="!--"?a=ps:m[1]!==void 0?a=us:m[2]!==void 0?(yi.test(m[2])&&(r=RegExp("</"+m[2],"g")),a=st):m[3]!==void 0&&(a=st):a===st?m[0]===">"?(a=r??Tt,d=-1):m[1]===void 0?d=-2:(d=a.lastIndex-m[2].length,u=m[1],a=m[3]===void 0?st:m[3]==='"'?ms:fs):a===ms||a===fs?a=st:a===ps||a===us?a=Tt:(a=st,r=void 0);const v=a===st&&e[l+1].startsWith("/>")?" ":"";n+=a===Tt?c+Cn:d>=0?(i.push(u),c.slice(0,d)+bi+c.slice(d)+G+v):c+G+(d===-2?l:v)}return[wi(e,n+(e[s]||"<?>")+(t===2?"</svg>":t===3?"</math>":"")),i]};class Nt{constructor({strings:t,_$litType$:s},i){let r;this.parts=[];let n=0,a=0;const l=t.length-1,c=this.parts,[u,m]=Mn(t,s);if(this.el=Nt.createElement(u,i),rt.currentNode=this.el.content,s===2||s===3){const d=this.el.content.firstChild;d.replaceWith(...d.childNodes)}for(;(r=rt.nextNode())!==null&&c.length<l;){if(r.nodeType===1){if(r.hasAttributes())for(const d of r.getAttributeNames())if(d.endsWith(bi)){const y=m[a++],v=r.getAttribute(d).split(G),M=/([.?@])?(.*)/.exec(y);c.push({type:1,index:n,name:M[2],strings:v,ctor:M[1]==="."?Ln:M[1]==="?"?Hn:M[1]==="@"?An:me}),r.removeAttribute(d)}else d.startsWith(G)&&(c.push({type:6,index:n}),r.removeAttribute(d));if(yi.test(r.tagName)){const d=r.textContent.split(G),y=d.length-1;if(y>0){r.textContent=ae?ae.emptyScript:"";for(let v=0;v<y;v++)r.append(d[v],Ut()),rt.nextNode(),c.push({type:2,index:++n});r.append(d[y],Ut())}}}else if(r.nodeType===8)if(r.data===vi)c.push({type:2,index:n});else{let d=-1;for(;(d=r.data.indexOf(G,d+1))!==-1;)c.push({type:7,index:n}),d+=G.length-1}n++}}static createElement(t,s){const i=nt.createElement("template");return i.innerHTML=t,i}}function wt(e,t,s=e,i){if(t===at)return t;let r=i!==void 0?s._$Co?.[i]:s._$Cl;const n=Rt(t)?void 0:t._$litDirective$;return r?.constructor!==n&&(r?._$AO?.(!1),n===void 0?r=void 0:(r=new n(e),r._$AT(e,s,i)),i!==void 0?(s._$Co??=[])[i]=r:s._$Cl=r),r!==void 0&&(t=wt(e,r._$AS(e,t.values),r,i)),t}class kn{constructor(t,s){this._$AV=[],this._$AN=void 0,this._$AD=t,this._$AM=s}get parentNode(){return this._$AM.parentNode}get _$AU(){return this._$AM._$AU}u(t){const{el:{content:s},parts:i}=this._$AD,r=(t?.creationScope??nt).importNode(s,!0);rt.currentNode=r;let n=rt.nextNode(),a=0,l=0,c=i[0];for(;c!==void 0;){if(a===c.index){let u;c.type===2?u=new Vt(n,n.nextSibling,this,t):c.type===1?u=new c.ctor(n,c.name,c.strings,this,t):c.type===6&&(u=new Vn(n,this,t)),this._$AV.push(u),c=i[++l]}a!==c?.index&&(n=rt.nextNode(),a++)}return rt.currentNode=nt,r}p(t){let s=0;for(const i of this._$AV)i!==void 0&&(i.strings!==void 0?(i._$AI(t,i,s),s+=i.strings.length-2):i._$AI(t[s])),s++}}class Vt{get _$AU(){return this._$AM?._$AU??this._$Cv}constructor(t,s,i,r){this.type=2,this._$AH=h,this._$AN=void 0,this._$AA=t,this._$AB=s,this._$AM=i,this.options=r,this._$Cv=r?.isConnected??!0}get parentNode(){let t=this._$AA.parentNode;const s=this._$AM;return s!==void 0&&t?.nodeType===11&&(t=s.parentNode),t}get startNode(){return this._$AA}get endNode(){return this._$AB}_$AI(t,s=this){t=wt(this,t,s),Rt(t)?t===h||t==null||t===""?(this._$AH!==h&&this._$AR(),this._$AH=h):t!==this._$AH&&t!==at&&this._(t):t._$litType$!==void 0?this.$(t):t.nodeType!==void 0?this.T(t):_n(t)?this.k(t):this._(t)}O(t){return this._$AA.parentNode.insertBefore(t,this._$AB)}T(t){this._$AH!==t&&(this._$AR(),this._$AH=this.O(t))}_(t){this._$AH!==h&&Rt(this._$AH)?this._$AA.nextSibling.data=t:this.T(nt.createTextNode(t)),this._$AH=t}$(t){const{values:s,_$litType$:i}=t,r=typeof i=="number"?this._$AC(t):(i.el===void 0&&(i.el=Nt.createElement(wi(i.h,i.h[0]),this.options)),i);if(this._$AH?._$AD===r)this._$AH.p(s);else{const n=new kn(r,this),a=n.u(this.options);n.p(s),this.T(a),this._$AH=n}}_$AC(t){let s=gs.get(t.strings);return s===void 0&&gs.set(t.strings,s=new Nt(t)),s}k(t){Re(this._$AH)||(this._$AH=[],this._$AR());const s=this._$AH;let i,r=0;for(const n of t)r===s.length?s.push(i=new Vt(this.O(Ut()),this.O(Ut()),this,this.options)):i=s[r],i._$AI(n),r++;r<s.length&&(this._$AR(i&&i._$AB.nextSibling,r),s.length=r)}_$AR(t=this._$AA.nextSibling,s){for(this._$AP?.(!1,!0,s);t!==this._$AB;){const i=hs(t).nextSibling;hs(t).remove(),t=i}}setConnected(t){this._$AM===void 0&&(this._$Cv=t,this._$AP?.(t))}}class me{get tagName(){return this.element.tagName}get _$AU(){return this._$AM._$AU}constructor(t,s,i,r,n){this.type=1,this._$AH=h,this._$AN=void 0,this.element=t,this.name=s,this._$AM=r,this.options=n,i.length>2||i[0]!==""||i[1]!==""?(this._$AH=Array(i.length-1).fill(new String),this.strings=i):this._$AH=h}_$AI(t,s=this,i,r){const n=this.strings;let a=!1;if(n===void 0)t=wt(this,t,s,0),a=!Rt(t)||t!==this._$AH&&t!==at,a&&(this._$AH=t);else{const l=t;let c,u;for(t=n[0],c=0;c<n.length-1;c++)u=wt(this,l[i+c],s,c),u===at&&(u=this._$AH[c]),a||=!Rt(u)||u!==this._$AH[c],u===h?t=h:t!==h&&(t+=(u??"")+n[c+1]),this._$AH[c]=u}a&&!r&&this.j(t)}j(t){t===h?this.element.removeAttribute(this.name):this.element.setAttribute(this.name,t??"")}}class Ln extends me{constructor(){super(...arguments),this.type=3}j(t){this.element[this.name]=t===h?void 0:t}}class Hn extends me{constructor(){super(...arguments),this.type=4}j(t){this.element.toggleAttribute(this.name,!!t&&t!==h)}}class An extends me{constructor(t,s,i,r,n){super(t,s,i,r,n),this.type=5}_$AI(t,s=this){if((t=wt(this,t,s,0)??h)===at)return;const i=this._$AH,r=t===h&&i!==h||t.capture!==i.capture||t.once!==i.once||t.passive!==i.passive,n=t!==h&&(i===h||r);r&&this.element.removeEventListener(this.name,this,i),n&&this.element.addEventListener(this.name,this,t),this._$AH=t}handleEvent(t){typeof this._$AH=="function"?this._$AH.call(this.options?.host??this.element,t):this._$AH.handleEvent(t)}}class Vn{constructor(t,s,i){this.element=t,this.type=6,this._$AN=void 0,this._$AM=s,this.options=i}get _$AU(){return this._$AM._$AU}_$AI(t){wt(this,t)}}const Sn={I:Vt},On=Ue.litHtmlPolyfillSupport;On?.(Nt,Vt),(Ue.litHtmlVersions??=[]).push("3.3.3");const Pn=(e,t,s)=>{const i=s?.renderBefore??t;let r=i._$litPart$;if(r===void 0){const n=s?.renderBefore??null;i._$litPart$=r=new Vt(t.insertBefore(Ut(),n),n,void 0,s??{})}return r._$AI(e),r};const Ne=globalThis;let O=class extends $t{constructor(){super(...arguments),this.renderOptions={host:this},this._$Do=void 0}createRenderRoot(){const t=super.createRenderRoot();return this.renderOptions.renderBefore??=t.firstChild,t}update(t){const s=this.render();this.hasUpdated||(this.renderOptions.isConnected=this.isConnected),super.update(t),this._$Do=Pn(s,this.renderRoot,this.renderOptions)}connectedCallback(){super.connectedCallback(),this._$Do?.setConnected(!0)}disconnectedCallback(){super.disconnectedCallback(),this._$Do?.setConnected(!1)}render(){return at}};O._$litElement$=!0,O.finalized=!0,Ne.litElementHydrateSupport?.({LitElement:O});const En=Ne.litElementPolyfillSupport;En?.({LitElement:O});(Ne.litElementVersions??=[]).push("4.2.2");const $=e=>(t,s)=>{s!==void 0?s.addInitializer(()=>{customElements.define(e,t)}):customElements.define(e,t)};const Tn={attribute:!0,type:String,converter:ne,reflect:!1,hasChanged:Ie},zn=(e=Tn,t,s)=>{const{kind:i,metadata:r}=s;let n=globalThis.litPropertyMetadata.get(r);if(n===void 0&&globalThis.litPropertyMetadata.set(r,n=new Map),i==="setter"&&((e=Object.create(e)).wrapped=!0),n.set(s.name,e),i==="accessor"){const{name:a}=s;return{set(l){const c=t.get.call(this);t.set.call(this,l),this.requestUpdate(a,c,e,!0,l)},init(l){return l!==void 0&&this.C(a,void 0,e,l),l}}}if(i==="setter"){const{name:a}=s;return function(l){const c=this[a];t.call(this,l),this.requestUpdate(a,c,e,!0,l)}}throw Error("Unsupported decorator location: "+i)};function p(e){return(t,s)=>typeof s=="object"?zn(e,t,s):((i,r,n)=>{const a=r.hasOwnProperty(n);return r.constructor.createProperty(n,i),a?Object.getOwnPropertyDescriptor(r,n):void 0})(e,t,s)}function g(e){return p({...e,state:!0,attribute:!1})}const Dn=(e,t,s)=>(s.configurable=!0,s.enumerable=!0,Reflect.decorate&&typeof t!="object"&&Object.defineProperty(e,t,s),s);function H(e,t){return(s,i,r)=>{const n=a=>a.renderRoot?.querySelector(e)??null;return Dn(s,i,{get(){return n(this)}})}}function f(e){return o`<svg class="mdi" viewBox="0 0 24 24" aria-hidden="true"><path d=${e} /></svg>`}class q{constructor(){this.observers=new Set}observe(t){return this.observers.add(t),()=>this.observers.delete(t)}changed(){for(const t of this.observers)t()}}class _{constructor(t,s){this.host=t,this.observed=s,this.stop=null,t.addController(this)}hostConnected(){this.stop??=this.observed()?.observe(()=>this.host.requestUpdate())??null}hostUpdate(){this.hostConnected()}hostDisconnected(){this.stop?.(),this.stop=null}}const xi=["code_missing","guard_code_missing"],In=["wrong_code","locked_out",...xi];function je(e){const{translation_key:t,translation_domain:s}=e??{};return s==="homesec"&&In.includes(t??"")}function Ci(e){return je(e)&&xi.includes(e.translation_key??"")}class Un extends q{constructor(t){super(),this.action=t,this.pin="",this.isBusy=!1,this.error=null,this.done=new Promise((s,i)=>{this.finish=s,this.fail=i})}enter(t){this.pin=t,this.changed()}add(t){this.enter(this.pin+t)}erase(){this.enter(this.pin.slice(0,-1))}async submit(){const{pin:t}=this;if(!(!t||this.isBusy)){Object.assign(this,{pin:"",isBusy:!0,error:null}),this.changed();try{await this.action(t),this.finish(!0)}catch(s){je(s)?this.error=s:this.fail(s)}this.isBusy=!1,this.changed()}}cancel(){this.pin="",this.finish(!1)}}const _i=b`
:host {
--hs-text: var(--primary-text-color, #141414);
--hs-text-2: var(--secondary-text-color, #5e5e5e);
--hs-card: var(--ha-card-background, var(--card-background-color, #fff));
--hs-line: var(--divider-color, rgba(0, 0, 0, 0.12));
--hs-accent: var(--primary-color, #009ac7);
--hs-radius: var(--ha-card-border-radius, 12px);
/* Mix signal colors with the text color: on a card, they have too little contrast. */
--hs-bad: color-mix(in srgb, var(--error-color, #db4437) 65%, var(--hs-text));
--hs-good: color-mix(in srgb, var(--success-color, #43a047) 55%, var(--hs-text));
--hs-warn: color-mix(in srgb, var(--warning-color, #ffa600) 45%, var(--hs-text));
--hs-link: color-mix(in srgb, var(--hs-accent) 65%, var(--hs-text));
--hs-soft: color-mix(in srgb, var(--hs-text) 7%, transparent);
--hs-tone: color-mix(in srgb, var(--hs-accent) 18%, var(--hs-card));
color: var(--hs-text);
font-family: var(--ha-font-family-body, Roboto, Noto, sans-serif);
font-size: 14px;
line-height: 1.4;
}
`,w=b`
*,
*::before,
*::after {
box-sizing: border-box;
}
button,
input,
select {
font: inherit;
color: inherit;
}
.button {
display: inline-flex;
align-items: center;
justify-content: center;
gap: 8px;
min-width: 44px;
min-height: 44px;
padding: 0 16px;
border: 1px solid transparent;
border-radius: 22px;
background: var(--hs-soft);
color: var(--hs-text);
cursor: pointer;
text-decoration: none;
white-space: nowrap;
-webkit-tap-highlight-color: transparent;
}
.button:hover {
background: color-mix(in srgb, var(--hs-text) 12%, transparent);
}
.button.strong,
.button[aria-pressed="true"],
.button[aria-current="true"] {
background: var(--hs-tone);
border-color: color-mix(in srgb, var(--hs-accent) 55%, transparent);
}
.button.danger {
color: var(--hs-bad);
}
.button.icon {
width: 44px;
padding: 0;
flex: none;
}
.button.plain {
background: none;
}
.button.small {
padding: 0 12px;
}
.button.small.icon {
padding: 0;
}
.button:disabled {
opacity: 0.5;
cursor: default;
}
:focus-visible {
outline: 2px solid var(--hs-accent);
outline-offset: 2px;
}
.field {
min-height: 44px;
padding: 0 12px;
border: 1px solid color-mix(in srgb, var(--hs-text) 35%, transparent);
border-radius: 8px;
background: var(--hs-card);
color: var(--hs-text);
min-width: 0;
}
svg.mdi {
width: 20px;
height: 20px;
fill: currentColor;
flex: none;
display: block;
}
.hidden-text {
position: absolute;
width: 1px;
height: 1px;
overflow: hidden;
clip-path: inset(50%);
white-space: nowrap;
}
@media (prefers-reduced-motion: reduce) {
* {
animation: none !important;
transition: none !important;
scroll-behavior: auto !important;
}
}
`,N=b`
.card {
background: var(--hs-card);
border-radius: var(--hs-radius);
border: 1px solid var(--hs-line);
box-shadow: var(--ha-card-box-shadow, none);
padding: 16px;
min-width: 0;
}
h2 {
font-size: 18px;
font-weight: 500;
margin: 0;
}
h3 {
font-size: 15px;
font-weight: 500;
margin: 0;
}
.quiet {
color: var(--hs-text-2);
}
.bad {
color: var(--hs-bad);
}
.empty {
padding: 32px 16px;
text-align: center;
color: var(--hs-text-2);
}
`;var Rn=Object.defineProperty,Nn=Object.getOwnPropertyDescriptor,St=(e,t,s,i)=>{for(var r=i>1?void 0:i?Nn(t,s):t,n=e.length-1,a;n>=0;n--)(a=e[n])&&(r=(i?a(t,s,r):a(r))||r);return i&&r&&Rn(t,s,r),r};const jn=["1","2","3","4","5","6","7","8","9"],bs=["location-changed","popstate"];function xt(e,t,s){return Zn(e,t,s)}async function mt(e,t,s){try{return await s(null),!0}catch(i){if(!Ci(i))throw i}return xt(e,t,s)}function j(e,t,s){const i=e.page.system.state?.alarm;return i&&i.code_format!==null&&i.state!=="disarmed"?xt(e,t,s):mt(e,t,s)}async function Zn(e,t,s){const i=document.createElement("homesec-pin-dialog"),r=new Un(s);Object.assign(i,{page:e.page,reason:t,entry:r}),document.body.append(i);try{return await r.done}finally{i.remove()}}let Y=class extends O{constructor(){super(),this.reason="",this.openedOn=location.pathname,this.close=()=>this.dialog.close(),this.handleNavigation=()=>{location.pathname!==this.openedOn&&this.close()},new _(this,()=>this.entry)}connectedCallback(){super.connectedCallback();for(const e of bs)window.addEventListener(e,this.handleNavigation);this.style.colorScheme=this.page.hass().themes?.darkMode?"dark":"light"}disconnectedCallback(){super.disconnectedCallback();for(const e of bs)window.removeEventListener(e,this.handleNavigation)}firstUpdated(){this.dialog.showModal(),matchMedia("(pointer: fine)").matches?this.input.focus():this.dialog.focus()}render(){const{entry:e,page:t}=this,{texts:s}=t;return o`<dialog
tabindex="-1"
aria-labelledby="reason"
@close=${()=>e.cancel()}
@keydown=${i=>i.stopPropagation()}
>
<form @submit=${this.submit}>
<h2 id="reason">${this.reason}</h2>
<label>
<span class="hidden-text">${s.get("alarm.code")}</span>
<input
class="field"
type="password"
autocomplete="off"
inputmode="numeric"
placeholder=${s.get("alarm.code")}
aria-describedby="error"
.value=${e.pin}
@input=${i=>e.enter(i.target.value)}
/>
</label>
<p id="error" role="alert">${e.error?s.error(e.error):h}</p>
${this.renderKeys()}
<div class="end">
<button type="button" class="button" @click=${this.close}>
${s.get("common.cancel")}
</button>
<button class="button strong" ?disabled=${e.isBusy||!e.pin}>
${f(ci)}${s.get("alarm.confirm")}
</button>
</div>
</form>
</dialog>`}renderKeys(){const e=t=>o`<button type="button" class="button key" @click=${()=>this.entry.add(t)}>
${t}
</button>`;return o`<div class="keys">
${jn.map(e)}
<span></span>
${e("0")}
<button
type="button"
class="button key plain"
aria-label=${this.page.texts.get("alarm.erase")}
@click=${()=>this.entry.erase()}
>
${f(rr)}
</button>
</div>`}submit(e){e.preventDefault(),this.entry.submit()}};Y.styles=[_i,w,b`
dialog {
border: none;
border-radius: var(--hs-radius);
background: var(--hs-card);
color: var(--hs-text);
padding: 24px;
width: min(340px, calc(100vw - 32px));
max-height: calc(100dvh - 16px);
box-shadow: 0 8px 32px rgba(0, 0, 0, 0.4);
outline: none;
}
dialog::backdrop {
background: rgba(0, 0, 0, 0.5);
}
form {
display: grid;
gap: 12px;
}
h2 {
margin: 0;
font-size: 20px;
font-weight: 500;
overflow-wrap: anywhere;
}
input {
width: 100%;
text-align: center;
font-size: 20px;
letter-spacing: 0.3em;
}
input::placeholder {
letter-spacing: normal;
font-size: 16px;
color: var(--hs-text-2);
}
p {
margin: 0;
color: var(--hs-bad);
}
p:empty {
display: none;
}
.keys {
display: grid;
grid-template-columns: repeat(3, 1fr);
gap: 8px;
}
.key {
min-height: 56px;
font-size: 20px;
border-radius: 28px;
touch-action: manipulation;
}
.end {
display: flex;
gap: 8px;
}
.end .button {
flex: 1;
}
`];St([p({attribute:!1})],Y.prototype,"page",2);St([p()],Y.prototype,"reason",2);St([p({attribute:!1})],Y.prototype,"entry",2);St([H("dialog")],Y.prototype,"dialog",2);St([H("input")],Y.prototype,"input",2);Y=St([$("homesec-pin-dialog")],Y);const Fn=24*3600;function I(e){return e?{password:e}:{}}class Bn{constructor(t){this.hass=t}subscribeSystem(t){return this.subscribe("homesec/house/subscribe",{},t)}async subscribeClips(t){const{connection:s}=this.hass(),i=()=>t({unavailable:!1}),r=await this.subscribe("homesec/clips/subscribe",{},t);return s.addEventListener("ready",i),()=>{s.removeEventListener("ready",i),r()}}clips(t,s,i){return this.call("homesec/clips/list",{...t,...s?{cursor:s}:{},limit:i})}clip(t,s){return this.call("homesec/clips/get",{clip_id:t,...s})}protect(t,s,i){return this.call("homesec/clips/protect",{ids:t,protected:s,...I(i)})}delete(t,s){return this.call("homesec/clips/delete",{ids:t,...I(s)})}deletedClips(t,s){return this.call("homesec/deleted/list",{...t?{cursor:t}:{},limit:s})}restore(t){return this.call("homesec/deleted/restore",{ids:t})}purge(t,s){return this.call("homesec/deleted/purge",{ids:t,...I(s)})}export(t){return this.call("homesec/clips/export",{ids:t})}timeline(t,s){return this.call("homesec/timeline",{from:t,to:s})}visitStatistics(t,s){return this.call("homesec/insight",{from:t,to:s})}zones(t){return this.call("homesec/zones/get",{camera_id:t})}saveZones(t,s,i){return this.call("homesec/zones/save",{camera_id:t,zones:s,...I(i)})}previewZones(t,s,i){return this.subscribe("homesec/zones/preview",{camera_id:t,zones:s},i)}async signed(t){return(await this.call("auth/sign_path",{path:t,expires:Fn})).path}arm(t,s,{force:i=!1}={}){return this.call("homesec/alarm/arm",{mode:t,force:i,...I(s)})}disarm(t){return this.call("homesec/alarm/disarm",I(t))}snooze(t,s,i){const r={cameras:[t],duration_s:s};return this.call("homesec/cameras/snooze",{...r,...I(i)})}setDetection(t,s,i){return this.call("homesec/cameras/detection",{camera_id:t,on:s,...I(i)})}turnOn(t){return this.call("homesec/cameras/turn_on",{camera_id:t})}record(t,s,i){return this.call("homesec/cameras/record",{camera_id:t,on:s,...I(i)})}lastPicture(t){return this.call("homesec/cameras/picture",{camera_id:t})}directions(t){return this.call("homesec/cameras/directions",{camera_id:t})}positions(t){return this.call("homesec/cameras/positions",{camera_id:t})}move(t,s){const i={camera_id:t,direction:s};return this.subscribe("homesec/cameras/move",i,()=>{},{resubscribe:!1})}goTo(t,s){return this.call("homesec/cameras/go_to",{camera_id:t,position:s})}allowMoves(t,s){return this.call("homesec/cameras/allow_moves",{camera_id:t,...I(s)})}call(t,s){return this.hass().callWS({type:t,...s})}async subscribe(t,s,i,r={}){const{connection:n}=this.hass(),a=await n.subscribeMessage(i,{type:t,...s},r);return()=>{a().catch(()=>{})}}}const Mi=[320,480,640];function ki(e,t,s=devicePixelRatio){const i=Mi.find(r=>r>=t*s);return i===void 0?e:`${e}?width=${i}`}const qn=4,Wn=400;class Kn{constructor(t,s=URL,i=Wn){this.fetch=t,this.urls=s,this.limit=i,this.cache=new Map,this.waiting=[],this.running=new Map}peek(t){const i=[t,...Mi.toReversed().map(r=>`${t}?width=${r}`)].find(r=>this.cache.has(r));return i===void 0?null:this.cache.get(i)}load(t,s){const i=this.cache.get(t);if(i!==void 0)return this.cache.delete(t),this.cache.set(t,i),s(i),()=>{};let r=this.running.get(t)??this.waiting.find(n=>n.path===t);return r||(r={path:t,readers:new Set},this.waiting.push(r)),r.readers.add(s),this.next(),()=>this.cancel(r,s)}clear(){for(const t of this.cache.values())this.urls.revokeObjectURL(t);this.cache.clear(),this.waiting=[]}cancel(t,s){t.readers.delete(s),t.readers.size===0&&(this.waiting=this.waiting.filter(i=>i!==t))}next(){for(;this.running.size<qn;){const t=this.waiting.pop();if(!t)return;this.running.set(t.path,t),this.run(t)}}async run(t){let s=null;try{s=this.urls.createObjectURL(await this.fetch(t.path)),this.store(t.path,s)}catch{s=null}this.running.delete(t.path);for(const i of t.readers)i(s);this.next()}store(t,s){this.cache.set(t,s);for(const[i,r]of this.cache){if(this.cache.size<=this.limit)break;this.urls.revokeObjectURL(r),this.cache.delete(i)}}}function U(e,{replace:t=!1}={}){t?history.replaceState(history.state,"",e):history.pushState(null,"",e),window.dispatchEvent(new CustomEvent("location-changed",{detail:{replace:t}}))}function L(e){if(e.button!==0||e.metaKey||e.ctrlKey||e.shiftKey)return;const t=e.currentTarget;e.preventDefault(),U(t.getAttribute("href")??"/homesec")}const k="/homesec",Gn="#disarm";function Xn(e){const[t,s]=e.split("/").filter(Boolean);return t==="clips"||t==="deleted"?{view:t}:t==="insight"?{view:t}:t==="clip"&&s?{view:t,id:decodeURIComponent(s)}:t==="camera"&&s?{view:t,id:decodeURIComponent(s)}:t==="zones"&&s?{view:t,camera:decodeURIComponent(s)}:{view:"overview"}}function A(e){switch(e.view){case"overview":return k;case"clip":case"camera":return`${k}/${e.view}/${encodeURIComponent(e.id)}`;case"zones":return`${k}/zones/${encodeURIComponent(e.camera)}`;default:return`${k}/${e.view}`}}const vs=new Map;function Yn(e){let t=vs.get(e);return t||(t=new Intl.DateTimeFormat("en-US",{timeZone:e,hourCycle:"h23",year:"numeric",month:"2-digit",day:"2-digit",hour:"2-digit",minute:"2-digit",second:"2-digit"}),vs.set(e,t)),t}function Ae(e,t){const s={};for(const{type:u,value:m}of Yn(t).formatToParts(e*1e3))s[u]=Number(m);const{year:i=1970,month:r=1,day:n=1,hour:a=0,minute:l=0,second:c=0}=s;return Date.UTC(i,r-1,n,a,l,c)/1e3}function V(e,t){return new Date(Ae(e,t)*1e3).toISOString().slice(0,10)}function ot(e,t){const s=Date.parse(`${e}T00:00:00Z`)/1e3;let i=s-(Ae(s,t)-s);return i+=s-Ae(i,t),V(i,t)<e?i+3600:i}function P(e,t){return new Date(Date.parse(`${e}T00:00:00Z`)+t*864e5).toISOString().slice(0,10)}function Li(e,t){return{from:ot(e,t),to:ot(P(e,1),t)}}const Jn=[["year",365*86400],["month",30*86400],["day",86400],["hour",3600],["minute",60]],ys=["byte","kilobyte","megabyte","gigabyte","terabyte"],Qn={comma_decimal:["en-US","en"],decimal_comma:["de","es","it"],space_comma:["fr","sv","cs"],quote_decimal:["de-CH"],none:["en-US"]},ta=["integer","group","decimal","fraction","minusSign"],ea=["monday","tuesday","wednesday","thursday","friday","saturday","sunday"],$s=86400,ws=Date.UTC(2024,0,1);function sa({time_zone:e},t){return e==="local"?Intl.DateTimeFormat().resolvedOptions().timeZone:t}class ia{constructor(t,s){this.zone=s,this.made=new Map,this.locale=t.locale,this.language=t.locale.language||t.language,this.hour12=ra(t.locale,this.language)}time(t,{seconds:s=!1}={}){return se(this.clock(s).format(t*1e3))}hour(t){if(!this.hour12)return this.time(t);const s=this.with("hour",{hour:"numeric",hourCycle:"h12"});return se(s.format(t*1e3))}hourOfDay(t){const s=new Intl.DateTimeFormat(this.language,{timeZone:"UTC",hour:this.hour12?"numeric":"2-digit",hourCycle:this.hour12?"h12":"h23",...this.hour12?{}:{minute:"2-digit"}});return se(s.format(ws+t*36e5))}day(t){return this.with("day",{weekday:"long",day:"numeric",month:"long"}).format(t*1e3)}dayName(t,s="long"){return new Intl.DateTimeFormat(this.language,{timeZone:"UTC",weekday:"short",day:"numeric",month:s}).format(Date.parse(`${t}T12:00:00Z`))}until(t,s){return t-s<$s?this.time(t):`${this.dayName(V(t,this.zone),"short")}, ${this.time(t)}`}dateTime(t){return`${this.day(t)}, ${this.time(t,{seconds:!0})}`}weekday(t){return new Intl.DateTimeFormat(this.language,{weekday:"short",timeZone:"UTC"}).format(ws+t*$s*1e3)}get weekdays(){const t=na(this.locale,this.language);return Array.from({length:7},(s,i)=>(t+i)%7)}relativeDay(t,s){const i=V(t,this.zone),r=V(s,this.zone);return{key:i===r?"today":i===P(r,-1)?"yesterday":null,text:this.day(t)}}ago(t,s){const i=Math.max(0,s-t),[r,n]=Jn.find(([,c])=>i>=c)??["minute",60],a=new Intl.RelativeTimeFormat(this.language,{numeric:"auto"}),l=Math.floor(i/n);return l?a.format(-l,r):a.format(0,"second")}bytes(t){let s=0,i=t;for(;i>=1e3&&s<ys.length-1;)i/=1e3,s+=1;return this.measure(i,{style:"unit",unit:ys[s]??"byte",unitDisplay:s?"short":"long",maximumFractionDigits:i<10&&s?1:0})}number(t,s={}){const{number_format:i="language"}=this.locale,r=i==="none"?{useGrouping:!1}:{},n=i==="system"?void 0:Qn[i]??this.language;return new Intl.NumberFormat(n,{...s,...r}).format(t)}percent(t){return this.measure(t,{style:"percent",maximumFractionDigits:0},100)}measure(t,s,i=1){const{maximumFractionDigits:r}=s,n=this.number(t*i,r===void 0?{}:{maximumFractionDigits:r});let a="",l=!1;for(const c of new Intl.NumberFormat(this.language,s).formatToParts(t))ta.includes(c.type)?l||(a+=n,l=!0):a+=c.value;return se(a)}clock(t){return this.with(t?"time-s":"time",{hour:this.hour12?"numeric":"2-digit",minute:"2-digit",...t?{second:"2-digit"}:{},hourCycle:this.hour12?"h12":"h23"})}with(t,s){let i=this.made.get(t);return i||(i=new Intl.DateTimeFormat(this.language,{timeZone:this.zone,...s}),this.made.set(t,i)),i}}function ra({time_format:e},t){if(e==="12"||e==="24")return e==="12";const s=e==="system"?void 0:t;return new Intl.DateTimeFormat(s,{hour:"numeric"}).resolvedOptions().hour12??!1}function na({first_weekday:e},t){const s=ea.indexOf(e??"");if(s>=0)return s;const i=new Intl.Locale(t),r=i.getWeekInfo?.()??i.weekInfo;return r?r.firstDay-1:0}function se(e){return e.replace(/[\s\u202f]/g," ")}function jt(e){const t=Math.max(0,Math.round(e)),[s,i,r]=[Math.floor(t/3600),Math.floor(t/60)%60,t%60],n=a=>String(a).padStart(2,"0");return s?`${s}:${n(i)}:${n(r)}`:`${i}:${n(r)}`}function aa(e,t){const{texts:s,format:i}=e,r=(n,a)=>o`<div>
<dt>${n}</dt>
<dd>${a}</dd>
</div>`;return o`<dl>
${t.label===null?r(s.get("clip.why"),s.get(t.trigger==="manual"?"clip.by_hand":"clip.motion")):r(s.get("clip.seen"),s.label(t.label))}
${t.sensor===null?h:r(s.get("clip.reported"),t.sensor)}
${t.score===null?h:r(s.get("clip.score"),i.percent(t.score))}
${t.zones.length?r(s.get("clip.zones"),t.zones.join(", ")):h}
${r(s.get("clip.duration"),t.state==="recording"?s.get("clip.recording"):jt(t.duration))}
${r(s.get("clip.stored"),oa(e,t))}
${t.bytes?r(s.get("clip.size"),`${i.bytes(t.bytes)}${t.width?`, ${t.width} × ${t.height}`:""}`):h}
${t.error?r(s.get("clip.error"),s.problem(t.error)):h}
</dl>`}function oa(e,t){const{texts:s,format:i}=e,r=[t.local?s.get("clip.here"):null,t.cloud==="stored"?s.get("clip.cloud"):null,t.cloud==="waiting"?s.get("clip.waiting"):null,t.protected?s.get("clip.protected"):null].filter(Boolean),{progress:n}=t;return o`${r.length?r.join(", "):s.get("clip.nowhere")}
${t.cloud==="waiting"&&n!==null?o`<progress
max="1"
.value=${n}
aria-label=${s.get("clip.uploading")}
></progress>
${i.percent(n)}`:h}`}const Hi=b`
dl {
display: grid;
grid-template-columns: repeat(auto-fill, minmax(130px, 1fr));
gap: 12px 20px;
margin: 0;
}
dt {
font-size: 12px;
color: var(--hs-text-2);
}
dl > div {
min-width: 0;
}
dd {
margin: 0;
overflow-wrap: anywhere;
}
progress {
width: 80px;
accent-color: var(--hs-accent);
vertical-align: middle;
}
`;function la(e,t){const{texts:s,format:i}=e,r=(a,l)=>`${s.count("clips.count",a,{n:i.number(a)})}, ${i.bytes(l)}`,{uploads:n}=t;return o`<dl>
<div>
<dt>${s.get("storage.here")}</dt>
<dd>${r(t.clips,t.bytes)}</dd>
</div>
${t.deleted_clips?o`<div>
<dt>${s.get("storage.deleted")}</dt>
<dd>${r(t.deleted_clips,t.deleted_bytes)}</dd>
</div>`:h}
${n?o`<div>
<dt>${s.get("storage.cloud")}</dt>
<dd>${r(t.cloud_clips,t.cloud_bytes)}</dd>
</div>
<div>
<dt>${s.get("storage.waiting")}</dt>
<dd>
${n.jobs?`${s.count("storage.jobs",n.jobs)}, ${i.bytes(n.bytes)}`:s.get("storage.nothing")}
</dd>
</div>
${n.jobs&&n.oldest_at?o`<div>
<dt>${s.get("storage.since")}</dt>
<dd>${i.dateTime(n.oldest_at)}</dd>
</div>`:h}`:o`<div>
<dt>${s.get("storage.cloud")}</dt>
<dd>${s.get("storage.no_cloud")}</dd>
</div>`}
</dl>
${n?.error?o`<p class="bad">${s.problem(n.error)}</p>`:h}
${t.disk_low?o`<p class="bad">${s.get("storage.disk_low")}</p>`:h}`}function ca(e,t,s,i){const r=new Map,n=new Map;for(const c of e){const u=c[t];r.set(u,(r.get(u)??0)+c.count);const m=n.get(c.day)??new Map;m.set(u,(m.get(u)??0)+c.count),n.set(c.day,m)}const a=[...r].sort((c,u)=>u[1]-c[1]||(c[0]<u[0]?-1:1)).map(([c])=>c),l=[];for(let c=s;c<=i;c=P(c,1)){const u=n.get(c),m=a.map(d=>({key:d,count:u?.get(d)??0})).filter(d=>d.count>0);l.push({day:c,parts:m,total:m.reduce((d,y)=>d+y.count,0)})}return{keys:a,stacks:l,highest:Math.max(0,...l.map(c=>c.total))}}function ha(e){const t=new Map,s=new Map,i=new Map;for(const{camera_id:n,label:a,count:l}of e){const c=JSON.stringify([n,a]);t.set(c,(t.get(c)??0)+l),s.set(n,(s.get(n)??0)+l),i.set(a,(i.get(a)??0)+l)}const r=n=>[...n].sort((a,l)=>l[1]-a[1]).map(([a])=>a);return{rows:r(s),columns:r(i),count:(n,a)=>t.get(JSON.stringify([n,a]))??0}}function da(e,t){return t>0?Math.sqrt(e/t):0}var pa=Object.defineProperty,ua=(e,t,s,i)=>{for(var r=void 0,n=e.length-1,a;n>=0;n--)(a=e[n])&&(r=a(t,s,r)||r);return r&&pa(t,s,r),r};class x extends O{constructor(){super(),new _(this,()=>this.page?.system)}get system(){return this.page.system.state}engineStarted(){}willUpdate(t){const s=this.system?.ready??!1;s&&this.wasReady===!1&&this.engineStarted(),this.wasReady=s}get canControl(){return this.system?.user.may_control??!1}get texts(){return this.page.texts}get format(){return this.page.format}cameraName(t){return this.page.system.camera(t)?.name??t}}ua([p({attribute:!1})],x.prototype,"page");function C(){return Date.now()/1e3}const Ct={range:{kind:"all"},cameras:[],labels:[],zones:[],protectedOnly:!1,text:""},xs=/^\d{4}-\d{2}-\d{2}$/;function Ze(e){const t=new URLSearchParams(e),s=i=>t.getAll(i).filter(Boolean);return{range:fa(t),cameras:s("camera"),labels:s("label"),zones:s("zone"),protectedOnly:t.get("protected")==="1",text:t.get("text")??""}}function fa(e){const t=e.get("days");if(t==="today"||t==="yesterday"||t==="week")return{kind:t};const s=e.get("from")??"",i=e.get("to")??s;return xs.test(s)&&xs.test(i)?{kind:"days",from:s<i?s:i,to:s<i?i:s}:{kind:"all"}}function Zt(e){const t=new URLSearchParams,{range:s}=e;s.kind==="days"?(t.set("from",s.from),t.set("to",s.to)):s.kind!=="all"&&t.set("days",s.kind);for(const r of e.cameras)t.append("camera",r);for(const r of e.labels)t.append("label",r);for(const r of e.zones)t.append("zone",r);e.protectedOnly&&t.set("protected","1"),e.text&&t.set("text",e.text);const i=t.toString();return i?`?${i}`:""}function Fe(e,t,s){const i=V(t,s);switch(e.kind){case"all":return null;case"today":return{from:i,to:i};case"yesterday":return{from:P(i,-1),to:P(i,-1)};case"week":return{from:P(i,-6),to:i};case"days":return{from:e.from,to:e.to}}}function ge(e,t,s){const i=Fe(e.range,t,s),r=e.text.trim();return{...i&&{from:ot(i.from,s),to:ot(P(i.to,1),s)},...e.cameras.length&&{cameras:e.cameras},...e.labels.length&&{labels:e.labels},...e.zones.length&&{zones:e.zones},...e.protectedOnly&&{protected:!0},...r&&{text:r}}}function Cs(e){return Zt(e)===""}var ma=Object.defineProperty,ga=Object.getOwnPropertyDescriptor,Ot=(e,t,s,i)=>{for(var r=i>1?void 0:i?ga(t,s):t,n=e.length-1,a;n>=0;n--)(a=e[n])&&(r=(i?a(t,s,r):a(r))||r);return i&&r&&ma(t,s,r),r};const _s=["#1e88e5","#f4a100","#43a047","#8e5bd0","#d0567d","#00897b","#8d6e63","#78909c"];let J=class extends x{constructor(){super(...arguments),this.days=[],this.from="",this.to="",this.by="label",this.chosen=null,this.isTouch=!1}render(){const{keys:e,stacks:t,highest:s}=ca(this.days,this.by,this.from,this.to),{texts:i}=this,r=t.find(({day:a})=>a===this.chosen),n=(a,l)=>o`<button
class="button small"
aria-pressed=${this.by===a}
@click=${()=>this.by=a}
>
${l}
</button>`;return o`<div class="head">
<h2>${i.get("insight.days")}</h2>
<span class="choice" role="group" aria-label=${i.get("insight.by")}>
${n("label",i.get("filter.labels"))}
${n("camera_id",i.get("filter.cameras"))}
</span>
</div>
<div
class="chart"
@pointerdown=${a=>this.isTouch=a.pointerType==="touch"}
@keydown=${()=>this.isTouch=!1}
>
<span class="highest" aria-hidden="true">${s?this.format.number(s):""}</span>
${t.map(a=>this.renderStack(a,e,s))}
</div>
<div class="ends" aria-hidden="true">
<span>${this.format.dayName(this.from,"short")}</span>
<span>${this.format.dayName(this.to,"short")}</span>
</div>
${r?this.renderChosen(r):h}
${e.length?o`<ul>
${e.map((a,l)=>o`<li><span class="dot" style="background:${ks(l)}"></span>${this.name(a)}</li>`)}
</ul>`:h}`}renderStack(e,t,s){const i=this.textOf(e);return o`<button
class="stack ${e.day===this.chosen?"chosen":""}"
title=${i}
aria-label=${i}
@click=${()=>this.handleClick(e.day)}
>
${e.parts.map(r=>o`<span
style="height:${r.count/s*100}%;background:${ks(t.indexOf(r.key))}"
></span>`)}
</button>`}renderChosen(e){const t=(i,r,n)=>{const a=P(e.day,i);return o`<button
class="button icon plain"
?disabled=${a<this.from||a>this.to}
aria-label=${n}
@click=${()=>this.chosen=a}
>
${f(r)}
</button>`},{texts:s}=this;return o`<div class="day">
${t(-1,Pe,s.get("insight.earlier"))}
<span role="status">${this.textOf(e)}</span>
${t(1,pe,s.get("insight.later"))}
<a class="button small" href=${Ms(e.day)} @click=${L}
>${s.get("insight.clips")}</a
>
</div>`}textOf({day:e,parts:t}){const s=t.map(i=>`${this.name(i.key)} ${this.format.number(i.count)}`);return`${this.format.dayName(e)}: ${s.join(", ")||0}`}name(e){return this.by==="label"?this.texts.label(e):this.cameraName(e)}handleClick(e){this.isTouch?this.chosen=e:U(Ms(e))}};J.styles=[w,b`
.head {
display: flex;
flex-wrap: wrap;
align-items: center;
justify-content: space-between;
gap: 8px;
margin-bottom: 12px;
}
h2 {
font-size: 18px;
font-weight: 500;
margin: 0;
}
.choice {
display: flex;
gap: 6px;
flex-wrap: wrap;
}
.chart {
position: relative;
display: flex;
align-items: stretch;
gap: min(4px, 0.3%);
height: 196px;
padding-top: 16px;
border-bottom: 1px solid var(--hs-line);
border-top: 1px dashed var(--hs-line);
}
.highest {
position: absolute;
top: 2px;
left: 0;
font-size: 11px;
color: var(--hs-text-2);
pointer-events: none;
}
.stack {
flex: 1;
display: flex;
flex-direction: column-reverse;
min-width: 0;
padding: 0;
border: none;
background: none;
cursor: pointer;
}
.stack.chosen,
.stack:hover {
background: var(--hs-soft);
}
.stack:focus-visible {
outline-offset: -1px;
}
.stack span {
display: block;
width: 100%;
max-width: 40px;
margin: 0 auto;
}
.stack span:last-child {
border-radius: 3px 3px 0 0;
}
.ends {
display: flex;
justify-content: space-between;
font-size: 11px;
color: var(--hs-text-2);
}
.day {
display: flex;
flex-wrap: wrap;
align-items: center;
gap: 4px 8px;
margin-top: 8px;
}
.day span {
flex: 1 1 180px;
min-width: 0;
overflow-wrap: anywhere;
text-align: center;
}
ul {
display: flex;
flex-wrap: wrap;
gap: 4px 16px;
list-style: none;
margin: 10px 0 0;
padding: 0;
}
li {
display: flex;
align-items: center;
gap: 6px;
min-width: 0;
overflow-wrap: anywhere;
}
.dot {
flex: none;
width: 12px;
height: 12px;
border-radius: 3px;
}
`];Ot([p({attribute:!1})],J.prototype,"days",2);Ot([p()],J.prototype,"from",2);Ot([p()],J.prototype,"to",2);Ot([g()],J.prototype,"by",2);Ot([g()],J.prototype,"chosen",2);J=Ot([$("homesec-day-bars")],J);function Ms(e){return`${k}/clips${Zt({...Ct,range:{kind:"days",from:e,to:e}})}`}function ks(e){return _s[Math.min(e,_s.length-1)]??"#78909c"}var ba=Object.defineProperty,va=Object.getOwnPropertyDescriptor,Ai=(e,t,s,i)=>{for(var r=i>1?void 0:i?va(t,s):t,n=e.length-1,a;n>=0;n--)(a=e[n])&&(r=(i?a(t,s,r):a(r))||r);return i&&r&&ba(t,s,r),r};let oe=class extends x{constructor(){super(...arguments),this.hours=[]}render(){const e=Math.max(0,...this.hours.flat());return o`<table>
<caption class="hidden-text">
${this.texts.get("insight.heat")}
</caption>
<thead>
<tr>
<td></td>
${Array.from({length:24},(t,s)=>o`<th scope="col">
<span class=${s%6?"fine":""}>${this.format.hourOfDay(s)}</span>
</th>`)}
</tr>
</thead>
<tbody>
${this.format.weekdays.map(t=>{const s=this.hours[t]??[],i=this.format.weekday(t);return o`<tr>
<th scope="row">${i}</th>
${s.map((r,n)=>{const a=Math.round(da(r,e)*100),l=this.texts.count("insight.visits",r,{n:this.format.number(r)});return o`<td
style="--share:${a}%"
title="${i} ${this.format.hourOfDay(n)} – ${this.format.hourOfDay(n+1)}: ${l}"
>
<span class="hidden-text">${this.format.number(r)}</span>
</td>`})}
</tr>`})}
</tbody>
</table>`}};oe.styles=[w,b`
table {
width: 100%;
border-collapse: separate;
border-spacing: 2px;
table-layout: fixed;
font-size: 11px;
position: relative;
}
th {
font-weight: 400;
color: var(--hs-text-2);
text-align: start;
overflow: visible;
white-space: nowrap;
padding: 0;
}
thead td,
tbody th {
width: 34px;
}
tbody td {
position: relative;
height: 26px;
padding: 0;
border-radius: 3px;
background: color-mix(in srgb, var(--hs-accent) var(--share), var(--hs-soft));
}
@media (max-width: 900px) {
.fine {
display: none;
}
}
@media (max-width: 600px) {
table {
border-spacing: 1px;
}
}
`];Ai([p({attribute:!1})],oe.prototype,"hours",2);oe=Ai([$("homesec-heat-map")],oe);var ya=Object.defineProperty,$a=Object.getOwnPropertyDescriptor,be=(e,t,s,i)=>{for(var r=i>1?void 0:i?$a(t,s):t,n=e.length-1,a;n>=0;n--)(a=e[n])&&(r=(i?a(t,s,r):a(r))||r);return i&&r&&ya(t,s,r),r};const wa=[7,30,90];let _t=class extends x{constructor(){super(...arguments),this.days=30,this.statistics=null,this.error=null}connectedCallback(){super.connectedCallback(),this.load(this.days)}engineStarted(){this.load(this.days)}get zone(){return this.system?.time_zone??this.format.zone}get span(){const e=V(C(),this.zone);return{from:P(e,1-this.days),to:e}}async load(e){this.days=e;const{from:t,to:s}=this.span,{zone:i}=this;try{const r=await this.page.api.visitStatistics(ot(t,i),ot(P(s,1),i));e===this.days&&(this.statistics=r),this.error=null}catch(r){this.error=r}}render(){const{texts:e,statistics:t}=this,{from:s,to:i}=this.span;return o`<div class="page">
<div role="group" class="spans" aria-label=${e.get("filter.days")}>
${wa.map(r=>o`<button
class="button small"
aria-pressed=${this.days===r}
@click=${()=>{this.load(r)}}
>
${e.count("insight.span",r)}
</button>`)}
</div>
${this.error?o`<p class="card bad" role="alert">${e.error(this.error)}</p>`:h}
${t?o`<section class="card">
<homesec-day-bars
.page=${this.page}
.days=${t.days}
.from=${s}
.to=${i}
></homesec-day-bars>
</section>
<section class="card">
<h2>${e.get("insight.heat")}</h2>
<homesec-heat-map .page=${this.page} .hours=${t.hours}></homesec-heat-map>
</section>
${t.days.length?this.renderTotals(t):h}`:h}
<section class="card">
<h2>${e.get("storage.title")}</h2>
${this.system?la(this.page,this.system.storage):h}
</section>
</div>`}renderTotals({days:e}){const t=ha(e);return o`<section class="card scroll" tabindex="0" aria-label=${this.texts.get("insight.totals")}>
<h2>${this.texts.get("insight.totals")}</h2>
<table>
<thead>
<tr>
<td></td>
${t.columns.map(s=>o`<th scope="col">${this.texts.label(s)}</th>`)}
</tr>
</thead>
<tbody>
${t.rows.map(s=>o`<tr>
<th scope="row">${this.cameraName(s)}</th>
${t.columns.map(i=>o`<td>${this.format.number(t.count(s,i))}</td>`)}
</tr>`)}
</tbody>
</table>
</section>`}};_t.styles=[w,N,Hi,b`
:host {
display: block;
overflow-y: auto;
}
.page {
display: grid;
grid-template-columns: minmax(0, 1fr);
gap: 16px;
padding: 16px;
max-width: 1080px;
margin: 0 auto;
}
.spans {
display: flex;
gap: 6px;
}
h2 {
margin-bottom: 12px;
}
.scroll {
overflow-x: auto;
}
table {
border-collapse: collapse;
}
.scroll th,
.scroll td {
padding: 6px 20px 6px 0;
text-align: start;
font-weight: 400;
white-space: nowrap;
}
.scroll :is(th, td):last-child {
padding-right: 0;
}
.scroll td {
text-align: end;
font-variant-numeric: tabular-nums;
}
.scroll thead th {
color: var(--hs-text-2);
text-align: end;
}
.scroll tbody th {
white-space: normal;
overflow-wrap: anywhere;
min-width: 120px;
}
.scroll tbody tr {
border-top: 1px solid var(--hs-line);
}
@media (max-width: 600px) {
.page {
padding: 12px;
gap: 12px;
}
.card {
padding: 12px;
}
}
`];be([g()],_t.prototype,"days",2);be([g()],_t.prototype,"statistics",2);be([g()],_t.prototype,"error",2);_t=be([$("homesec-statistics")],_t);const xa={CHILD:2},Vi=e=>(...t)=>({_$litDirective$:e,values:t});let Si=class{constructor(t){}get _$AU(){return this._$AM._$AU}_$AT(t,s,i){this._$Ct=t,this._$AM=s,this._$Ci=i}_$AS(t,s){return this.update(t,s)}update(t,s){return this.render(...s)}};const{I:Ca}=Sn,Ls=e=>e,Hs=()=>document.createComment(""),zt=(e,t,s)=>{const i=e._$AA.parentNode,r=t===void 0?e._$AB:t._$AA;if(s===void 0){const n=i.insertBefore(Hs(),r),a=i.insertBefore(Hs(),r);s=new Ca(n,a,e,e.options)}else{const n=s._$AB.nextSibling,a=s._$AM,l=a!==e;if(l){let c;s._$AQ?.(e),s._$AM=e,s._$AP!==void 0&&(c=e._$AU)!==a._$AU&&s._$AP(c)}if(n!==r||l){let c=s._$AA;for(;c!==n;){const u=Ls(c).nextSibling;Ls(i).insertBefore(c,r),c=u}}}return s},it=(e,t,s=e)=>(e._$AI(t,s),e),_a={},Oi=(e,t=_a)=>e._$AH=t,Ma=e=>e._$AH,Me=e=>{e._$AR(),e._$AA.remove()};const As=(e,t,s)=>{const i=new Map;for(let r=t;r<=s;r++)i.set(e[r],r);return i},Mt=Vi(class extends Si{constructor(e){if(super(e),e.type!==xa.CHILD)throw Error("repeat() can only be used in text expressions")}dt(e,t,s){let i;s===void 0?s=t:t!==void 0&&(i=t);const r=[],n=[];let a=0;for(const l of e)r[a]=i?i(l,a):a,n[a]=s(l,a),a++;return{values:n,keys:r}}render(e,t,s){return this.dt(e,t,s).values}update(e,[t,s,i]){const r=Ma(e),{values:n,keys:a}=this.dt(t,s,i);if(!Array.isArray(r))return this.ut=a,n;const l=this.ut??=[],c=[];let u,m,d=0,y=r.length-1,v=0,M=n.length-1;for(;d<=y&&v<=M;)if(r[d]===null)d++;else if(r[y]===null)y--;else if(l[d]===a[v])c[v]=it(r[d],n[v]),d++,v++;else if(l[y]===a[M])c[M]=it(r[y],n[M]),y--,M--;else if(l[d]===a[M])c[M]=it(r[d],n[M]),zt(e,c[M+1],r[d]),d++,M--;else if(l[y]===a[v])c[v]=it(r[y],n[v]),zt(e,r[d],r[y]),y--,v++;else if(u===void 0&&(u=As(a,v,M),m=As(l,d,y)),u.has(l[d]))if(u.has(l[y])){const E=m.get(a[v]),Ce=E!==void 0?r[E]:null;if(Ce===null){const ss=zt(e,r[d]);it(ss,n[v]),c[v]=ss}else c[v]=it(Ce,n[v]),zt(e,r[d],Ce),r[E]=null;v++}else Me(r[y]),y--;else Me(r[d]),d++;for(;v<=M;){const E=zt(e,c[M+1]);it(E,n[v]),c[v++]=E}for(;d<=y;){const E=r[d++];E!==null&&Me(E)}return this.ut=a,Oi(e,c),at}}),ka={person:pn,cat:ur,dog:kr,bird:lr,horse:Dr,sheep:Qr,cow:xr,bear:Gr,car:pr,motorcycle:Kr,bicycle:or,bus:cr,truck:an};function Pi(e){return e===null?Wr:ka[e]??Er}function Be(e,t,s){const{texts:i,format:r}=e;return o`<a
class="clip ${s.selected?"selected":""}"
href=${A({view:"clip",id:t.id})+(s.search??"")}
data-id=${t.id}
tabindex=${s.tabIndex??0}
draggable="false"
@click=${s.onClick}
>
<homesec-still
.stills=${e.stills}
.path=${t.state==="recording"?La(e,t):t.still&&ki(t.still,s.width)}
></homesec-still>
<span class="words">
<span class="line"
><b>${r.time(t.event,{seconds:!0})}</b
><span class="what"
>${f(Pi(t.label))}<span class="name">${qe(e,t)}</span>${t.score===null||t.state==="recording"?h:o`<span class="score">${r.percent(t.score)}</span>`}</span
></span
>
<span class="line second"
>${t.camera}${t.zones.length?` · ${t.zones.join(", ")}`:""}</span
>
</span>
${Va(e,t)}
<span class="marks">${Aa(e,t)}</span>
${s.selecting?o`<span class="check"
>${f(s.selected?mr:br)}<span
class="hidden-text"
>${i.get(s.selected?"clips.is_selected":"clips.not_selected")}</span
></span
>`:h}
</a>`}function La(e,t){const s=e.system.camera(t.camera_id)?.entity_id;return s?`/api/camera_proxy/${s}?width=480&height=270&clip=${t.id}`:null}function Ha(e,t){const s=qe(e,t);return t.score===null?s:`${s} ${e.format.percent(t.score)}`}function qe(e,t){return t.label!==null?e.texts.label(t.label):e.texts.get(t.trigger==="manual"?"clip.by_hand":"clip.motion")}function Aa(e,t){const s=(i,r)=>o`${f(i)}<span class="hidden-text">${r}</span>`;return[t.protected?s(ue,e.texts.get("clip.protected")):h,t.cloud==="stored"?s(yr,e.texts.get("clip.cloud")):h,t.cloud==="waiting"?s($r,e.texts.get("clip.waiting")):h]}function Va(e,t){switch(t.state){case"recording":return o`<span class="badge rec">${e.texts.get("clip.recording")}</span>`;case"failed":case"missing":return o`<span class="badge"
>${f(ai)}${e.texts.get(`clip.${t.state}`)}</span
>`;default:return o`<span class="badge">${jt(t.duration)}</span>`}}const We=b`
.clip {
position: relative;
display: flex;
flex-direction: column;
border-radius: var(--hs-radius);
overflow: hidden;
background: var(--hs-card);
border: 1px solid var(--hs-line);
color: var(--hs-text);
text-decoration: none;
user-select: none;
-webkit-user-select: none;
-webkit-touch-callout: none;
-webkit-tap-highlight-color: transparent;
min-width: 0;
container-type: inline-size;
}
@container (max-width: 200px) {
.clip .score,
.clip .what svg {
display: none;
}
}
.clip homesec-still {
aspect-ratio: 16 / 9;
width: 100%;
}
.clip.selected {
outline: 3px solid var(--hs-accent);
outline-offset: -3px;
}
.clip:focus-visible {
outline: 3px solid var(--hs-accent);
outline-offset: 1px;
}
.clip .words {
display: block;
padding: 7px 10px 8px;
line-height: 19px;
}
.clip .line {
display: flex;
justify-content: space-between;
gap: 8px;
white-space: nowrap;
overflow: hidden;
text-overflow: ellipsis;
}
.clip .line b {
font-weight: 500;
font-variant-numeric: tabular-nums;
}
.clip .what {
display: inline-flex;
align-items: center;
gap: 4px;
min-width: 0;
}
.clip .what svg {
width: 16px;
height: 16px;
flex: none;
}
.clip .name {
overflow: hidden;
text-overflow: ellipsis;
}
.clip .second {
display: block;
font-size: 12px;
color: var(--hs-text-2);
}
.clip .marks,
.clip .badge,
.clip .check {
position: absolute;
top: 8px;
color: #fff;
display: flex;
gap: 4px;
align-items: center;
filter: drop-shadow(0 0 2px #000);
}
.clip .marks {
right: 8px;
}
.clip .marks svg,
.clip .badge svg {
width: 16px;
height: 16px;
}
.clip .badge {
left: 8px;
padding: 1px 7px;
border-radius: 10px;
background: rgba(0, 0, 0, 0.72);
font-size: 12px;
font-variant-numeric: tabular-nums;
filter: none;
}
.clip .badge.rec {
background: #b3261e;
}
.clip .check {
left: 8px;
top: 36px;
}
.clip .check svg {
width: 28px;
height: 28px;
}
`;function Vs(e,t,s=i=>i){const{from:i,to:r,cameras:n,labels:a,zones:l,text:c}=t;return!(i!==void 0&&e.event<i||r!==void 0&&e.event>=r||n?.length&&!n.includes(e.camera_id)||a?.length&&!(e.label&&a.includes(e.label))||l?.length&&!e.zones.some(u=>l.includes(u))||t.protected!==void 0&&e.protected!==t.protected||c&&!Sa(e,c,s))}function Sa(e,t,s){const i=e.label===null?"":`${e.label} ${s(e.label)}`,r=[e.camera,i,...e.zones].join(`
`).toLowerCase();return t.toLowerCase().trim().split(/\s+/).every(n=>r.includes(n))}class Ke extends q{constructor(t){super(),this.api=t,this.stop=null,this.isSubscribed=!1}async subscribe(){this.isSubscribed=!0;const t=await this.api.subscribeClips(s=>this.handleEvent(s));this.isSubscribed?this.stop=t:t()}unsubscribe(){this.isSubscribed=!1,this.stop?.(),this.stop=null}}const Oa=100,Ss=60,Pa=200;class Ge extends Ke{constructor(t,s=i=>i){super(t),this.api=t,this.labelText=s,this.clips=[],this.total=null,this.loading=!1,this.error=null,this.cursor=null,this.filter={},this.hasFirstPage=!1,this.generation=0,this.pendingEvents=[],this.outdated=!1}get complete(){return this.hasFirstPage&&this.cursor===null}get ready(){return this.hasFirstPage}async show(t){this.generation+=1,this.filter=t,this.cursor=null,this.hasFirstPage=!1,this.loading=!1,this.total=null,this.outdated=!1,await this.loadMore()}async refresh(){if(!this.hasFirstPage)return this.show(this.filter);const t=++this.generation;this.loading=!0,this.outdated=!1,this.pendingEvents=[],this.error=null,this.changed();try{const s=[];let i=null,r=null;do{const n=this.clips.length-s.length,a=Math.min(Pa,Math.max(Ss,n)),l=await this.api.clips(this.filter,i,a);if(t!==this.generation)return;s.push(...l.clips),i=l.cursor,r=l.total??r}while(i!==null&&s.length<this.clips.length);this.clips=s,this.cursor=i,this.total=r,this.loading=!1;for(const n of this.pendingEvents)this.apply(n)}catch(s){if(t!==this.generation)return;this.error=s,this.outdated=!0}this.loading=!1,this.changed()}retry(){this.error&&this.loadMore()}async loadMore(){if(this.loading)return;if(this.outdated)return this.refresh();if(this.complete)return;const t=this.generation,s=!this.hasFirstPage;this.loading=!0,this.pendingEvents=[],this.error=null,this.changed();try{const i=await this.api.clips(this.filter,this.cursor,s?Ss:Oa);if(t!==this.generation)return;this.clips=s?i.clips:Os(this.clips,i.clips),this.cursor=i.cursor,this.total=i.total??this.total,this.hasFirstPage=!0,this.loading=!1;for(const r of this.pendingEvents)this.apply(r)}catch(i){if(t!==this.generation)return;this.error=i,s&&(this.clips=[])}this.loading=!1,this.changed()}async loadUntil(t){for(;;){const s=this.clips.findIndex(i=>i.event<=t);if(s>=0)return s;if(this.complete||this.error)return this.clips.length-1;await this.loadMore()}}remove(t){const s=new Set(t),i=this.clips.filter(r=>!s.has(r.id));i.length!==this.clips.length&&(this.total!==null&&(this.total-=this.clips.length-i.length),this.clips=i,this.changed())}handleEvent(t){this.loading&&!("stale"in t||"unavailable"in t)&&this.pendingEvents.push(t),this.apply(t)}apply(t){if("unavailable"in t){t.unavailable||this.refresh();return}if("stale"in t){this.refresh();return}if("removed"in t){this.remove([t.removed]);return}const{clip:s}=t,i=this.clips.findIndex(r=>r.id===s.id);if(i>=0){if(!Vs(s,this.filter,this.labelText)){this.remove([s.id]);return}this.clips=this.clips.with(i,s)}else{if(!this.hasFirstPage||!Vs(s,this.filter,this.labelText))return;const r=this.clips.at(-1);if(!this.complete&&r&&Ve(s,r))return;this.clips=Os(this.clips,[s]),this.total!==null&&(this.total+=1)}this.changed()}}function Ve(e,t){return e.id<t.id}function Os(e,t){const s=e.at(-1),i=t[0],r=new Set(t.map(l=>l.id)),n=e.some(l=>r.has(l.id))?e.filter(l=>!r.has(l.id)):e,a=[...n,...t];return s&&i&&n===e&&Ve(i,s)?a:a.sort((l,c)=>Ve(l,c)?1:-1)}var Ea=Object.defineProperty,Ta=Object.getOwnPropertyDescriptor,gt=(e,t,s,i)=>{for(var r=i>1?void 0:i?Ta(t,s):t,n=e.length-1,a;n>=0;n--)(a=e[n])&&(r=(i?a(t,s,r):a(r))||r);return i&&r&&Ea(t,s,r),r};const za=2e3;let Z=class extends O{constructor(){super(...arguments),this.entity=null,this.text="",this.moving=!1,this.pause=za,this.source=null,this.isVisible=!0,this.intersection=new IntersectionObserver(e=>{this.isVisible=e.at(-1)?.isIntersecting??!0,this.isVisible&&this.refresh()}),this.onVisibilityChange=()=>this.refresh()}connectedCallback(){super.connectedCallback(),this.intersection.observe(this),document.addEventListener("visibilitychange",this.onVisibilityChange),this.refresh()}disconnectedCallback(){super.disconnectedCallback(),this.intersection.disconnect(),document.removeEventListener("visibilitychange",this.onVisibilityChange),clearTimeout(this.timer),this.source=null,this.renderRoot.querySelector("img")?.removeAttribute("src")}willUpdate(e){(e.has("moving")||e.has("entity"))&&this.refresh()}pictureUrl(){return(this.entity===null?void 0:this.hass?.().states[this.entity])?.attributes.entity_picture??null}refresh(){if(clearTimeout(this.timer),!this.isConnected||!this.isVisible||document.hidden)return;const e=this.pictureUrl();if(e===null)this.source=null,this.refreshLater();else if(this.moving){const t=e.replace("/camera_proxy/","/camera_proxy_stream/");this.source?.startsWith(t)||(this.source=t)}else{const t=`${e}${e.includes("?")?"&":"?"}width=640&height=360&at=${Date.now()}`,s=new Image;s.onload=()=>{!this.moving&&this.isConnected&&(this.source=t),this.refreshLater()},s.onerror=()=>this.refreshLater(),s.src=t}}refreshLater(){clearTimeout(this.timer),this.timer=setTimeout(()=>this.refresh(),this.pause)}handleLoad(e){const{naturalWidth:t,naturalHeight:s}=e.currentTarget;!t||!s||(this.dispatchEvent(new CustomEvent("ratio",{detail:t/s})),this.dispatchEvent(new CustomEvent("picture")))}handleError(){this.source=null,this.refreshLater()}render(){return this.source?o`<img
src=${this.source}
alt=${this.text}
@load=${this.handleLoad}
@error=${this.handleError}
/>`:h}};Z.styles=b`
:host {
display: block;
background: var(--live-background, #1a1a1a);
overflow: hidden;
aspect-ratio: 16 / 9;
}
img {
display: block;
width: 100%;
height: 100%;
object-fit: var(--live-fit, cover);
}
`;gt([p({attribute:!1})],Z.prototype,"hass",2);gt([p()],Z.prototype,"entity",2);gt([p()],Z.prototype,"text",2);gt([p({type:Boolean})],Z.prototype,"moving",2);gt([p({type:Number})],Z.prototype,"pause",2);gt([g()],Z.prototype,"source",2);Z=gt([$("homesec-live")],Z);var Da=Object.defineProperty,Ia=Object.getOwnPropertyDescriptor,Gt=(e,t,s,i)=>{for(var r=i>1?void 0:i?Ia(t,s):t,n=e.length-1,a;n>=0;n--)(a=e[n])&&(r=(i?a(t,s,r):a(r))||r);return i&&r&&Da(t,s,r),r};let lt=class extends O{constructor(){super(...arguments),this.path=null,this.address=null,this.missing=!1,this.loading=null,this.stop=null}connectedCallback(){super.connectedCallback(),this.requestUpdate("path")}disconnectedCallback(){super.disconnectedCallback(),this.stop?.(),this.stop=this.loading=null}willUpdate(){!this.isConnected||this.path===this.loading||(this.stop?.(),Ps(this.path)!==Ps(this.loading)&&(this.address=null),this.loading=this.path,this.missing=this.path===null,this.path!==null&&(this.stop=this.stills.load(this.path,e=>{this.address=e,this.missing=e===null})))}render(){return this.address?o`<img src=${this.address} alt="" decoding="async" />`:this.missing?o`<div class="none">${f(Ir)}</div>`:h}};lt.styles=[w,b`
:host {
display: block;
background: #1a1a1a;
overflow: hidden;
}
img {
display: block;
width: 100%;
height: 100%;
object-fit: var(--still-fit, cover);
}
.none {
display: grid;
place-items: center;
height: 100%;
color: #bbb;
}
`];Gt([p({attribute:!1})],lt.prototype,"stills",2);Gt([p()],lt.prototype,"path",2);Gt([g()],lt.prototype,"address",2);Gt([g()],lt.prototype,"missing",2);lt=Gt([$("homesec-still")],lt);function Ps(e){return e?.split("?")[0]}var Ua=Object.defineProperty,Ra=Object.getOwnPropertyDescriptor,Xe=(e,t,s,i)=>{for(var r=i>1?void 0:i?Ra(t,s):t,n=e.length-1,a;n>=0;n--)(a=e[n])&&(r=(i?a(t,s,r):a(r))||r);return i&&r&&Ua(t,s,r),r};const Na={home:zr,away:sn,night:qr,vacation:nr,custom:on},ja={disarmed:rn,arming:tn,armed:nn,pending:rs,triggered:rs};let Ft=class extends x{constructor(){super(...arguments),this.busy=!1,this.refused=null}disconnectedCallback(){super.disconnectedCallback(),clearInterval(this.countdown),this.countdown=void 0}updated(){const e=this.system?.alarm.delay_ends_at!=null;e&&!this.countdown?this.countdown=setInterval(()=>this.requestUpdate(),500):e||(clearInterval(this.countdown),this.countdown=void 0)}render(){const e=this.system?.alarm;return e?o`<section class="card ${e.state}" aria-labelledby="title">
<div class="head">
<span class="shield">${f(ja[e.state])}</span>
<div class="now">
<h2 id="title">
<span class="hidden-text">${this.texts.get("alarm.title")}:</span> ${this.heading(e)}
</h2>
<p role="status" class="quiet">${this.detail(e)}</p>
</div>
${this.renderCountdown(e)}
</div>
${e.cause?this.renderCause(e.cause):h}
${this.renderButtons(e)}
${this.renderRefused()}
</section>`:h}heading(e){if(e.state==="armed"||e.state==="arming"){const t=e.mode==="disarmed"?"away":e.mode,s=this.texts.get(`alarm.modes.${t}`);return this.texts.get(e.state==="armed"?"alarm.armed":"alarm.arming",{mode:s})}return this.texts.get(`alarm.${e.state}`)}detail(e){const{texts:t}=this,s=[],{cause:i}=e;return i?(i.by&&!i.camera_id&&s.push(t.get("alarm.by_hand",{who:i.by})),s.push(this.timeOf(i.at)),s.join(" · ")):(e.changed_by&&s.push(t.get("alarm.changed_by",{who:e.changed_by})),e.bypassed.length&&s.push(t.get("alarm.bypassed",{cameras:e.bypassed.join(", ")})),s.join(" · "))}timeOf(e){const{format:t}=this;return V(e,t.zone)===V(C(),t.zone)?t.time(e,{seconds:!0}):t.dateTime(e)}renderCause(e){if(!e.camera_id)return h;const{texts:t}=this,s=e.camera??e.by??"",i=e.label?t.label(e.label):null,{sensor:r}=e,n=i&&r===null?t.get("alarm.seen",{label:i,camera:s}):null;return o`<div class="cause">
${this.renderPicture(e,s)}
<div class="what">
<b>${n??[s,i].filter(Boolean).join(": ")}</b>
${r===null?h:o`<span>${t.get("alarm.reported",{sensor:r})}</span>`}
${e.zones.length?o`<span>${e.zones.join(", ")}</span>`:h}
${e.clip_id?o`<a
class="button"
href=${A({view:"clip",id:e.clip_id})}
@click=${L}
>${f(Xr)}${t.get("alarm.watch")}</a
>`:h}
${this.page.system.camera(e.camera_id)?o`<a
class="button"
href=${A({view:"camera",id:e.camera_id})}
@click=${L}
>${f(li)}${t.get("live.open")}</a
>`:h}
</div>
</div>`}renderPicture(e,t){if(e.still)return o`<homesec-still .stills=${this.page.stills} .path=${e.still}></homesec-still>`;const s=this.page.system.camera(e.camera_id??"");return s?.health!=="running"?h:o`<homesec-live
.hass=${this.page.hass}
.entity=${s.entity_id}
text=${this.texts.get("cameras.picture",{camera:t})}
></homesec-live>`}renderCountdown(e){if(e.delay_ends_at===null)return h;const t=Math.max(0,Math.ceil(e.delay_ends_at-C()));return o`<span class="count" role="timer" aria-label=${this.texts.get("alarm.left")}
>${jt(t)}</span
>`}renderButtons(e){if(!this.canControl||!e.entity_id)return h;const t=e.state==="disarmed";return o`<div class="buttons" role="group" aria-label=${this.texts.get("alarm.title")}>
${t?h:o`<button
class="button strong disarm"
?disabled=${this.busy}
@click=${()=>{this.press("disarm")}}
>
${f(Te)}${this.texts.get("alarm.disarm")}
</button>`}
${e.modes.map(s=>o`<button
class="button"
aria-pressed=${!t&&e.mode===s}
?disabled=${this.busy||!t&&e.mode===s}
@click=${()=>{this.press(s)}}
>
${f(Na[s])}${this.texts.get(`alarm.modes.${s}`)}
</button>`)}
</div>`}renderRefused(){if(!this.refused)return h;const{text:e,force:t}=this.refused;return o`<div class="refused" role="alert">
<p>${e}</p>
${t?o`<button class="button small" ?disabled=${this.busy} @click=${()=>{this.force()}}>
${this.texts.get("alarm.anyway")}
</button>`:h}
</div>`}actionText(e){return e==="disarm"?this.texts.get("alarm.disarm"):this.texts.get("alarm.arm",{mode:this.texts.get(`alarm.modes.${e}`)})}async press(e){const t=this.system?.alarm;if(!t)return;this.refused=null;const s=t.code_format!==null&&(e==="disarm"||t.code_arm_required),i=n=>this.send(e,n),r=this.actionText(e);await(s?xt(this,r,i):mt(this,r,i))}async send(e,t,s=!1){this.busy=!0,this.refused=null;try{e==="disarm"?await this.page.api.disarm(t):await this.page.api.arm(e,t,{force:s})}catch(i){if(je(i))throw i;const r=i.translation_key,n=r==="camera_offline"||r==="camera_off";this.refused={action:e,pin:t,text:this.texts.error(i),force:n}}finally{this.busy=!1}}async force(){if(!this.refused)return;const{action:e,pin:t}=this.refused,s=i=>this.send(e,i,!0);await s(t).catch(()=>xt(this,this.actionText(e),s))}};Ft.styles=[w,N,b`
.card {
display: grid;
gap: 16px;
border-inline-start: 6px solid var(--state);
}
.card {
--state: var(--hs-line);
}
.armed {
--state: var(--state-alarm_control_panel-armed_away-color, #43a047);
}
.arming,
.pending {
--state: var(--state-alarm_control_panel-pending-color, #ff9800);
}
.triggered {
--state: var(--state-alarm_control_panel-triggered-color, #db4437);
background: color-mix(in srgb, var(--state) 14%, var(--hs-card));
}
.head {
display: flex;
align-items: center;
gap: 14px;
}
.shield svg {
width: 40px;
height: 40px;
color: color-mix(in srgb, var(--state) 80%, var(--hs-text));
}
.disarmed .shield svg {
color: var(--hs-text-2);
}
.now {
flex: 1;
min-width: 0;
}
h2 {
font-size: 22px;
}
p {
margin: 2px 0 0;
}
h2,
p,
.what {
overflow-wrap: anywhere;
}
.cause {
display: grid;
grid-template-columns: minmax(0, 320px) minmax(0, 1fr);
gap: 12px 16px;
align-items: center;
}
.cause homesec-still,
.cause homesec-live {
aspect-ratio: 16 / 9;
border-radius: 8px;
--still-fit: contain; /* the box can be anywhere */
}
.what {
display: grid;
gap: 4px;
justify-items: start;
}
.what b {
font-size: 16px;
font-weight: 500;
}
.what .button {
margin-top: 6px;
}
@media (max-width: 600px) {
.cause {
grid-template-columns: minmax(0, 1fr);
}
}
.count {
font-size: 28px;
font-variant-numeric: tabular-nums;
}
.buttons {
display: grid;
grid-template-columns: repeat(auto-fill, minmax(128px, 1fr));
gap: 8px;
}
.disarm {
grid-column: 1 / -1;
max-width: 480px;
min-height: 52px;
border-radius: 26px;
font-size: 16px;
}
.refused {
display: flex;
flex-wrap: wrap;
align-items: center;
gap: 8px 16px;
color: var(--hs-bad);
border-radius: 8px;
background: color-mix(in srgb, var(--hs-bad) 8%, transparent);
padding: 10px 12px;
}
.refused p {
margin: 0;
flex: 1 1 200px;
}
`];Xe([g()],Ft.prototype,"busy",2);Xe([g()],Ft.prototype,"refused",2);Ft=Xe([$("homesec-alarm-card")],Ft);function Za(e,t,s){const r=new Intl.DateTimeFormat("sv-SE",{timeZone:s,dateStyle:"short",timeStyle:"medium"}).format(t*1e3).replaceAll(":",".");return`${e.replace(/[\\/:*?"<>|\p{Cc}]/gu,"_")} ${r}.jpg`}function le({texts:e},t){return e.get(t.recording_manually?"cameras.record_stop":"cameras.record_now")}async function Ei(e,t){const{page:s}=e,{id:i,recording_manually:r}=t;try{await(r?j:mt)(e,le(s,t),async n=>{await s.api.record(i,!r,n)})}catch(n){s.showMessage(s.texts.error(n),"error")}}async function Ti(e,t){try{return await e.api.turnOn(t.id),!0}catch(s){return e.showMessage(e.texts.error(s),"error"),!1}}async function Fa(e,t){const s=await e.hass().fetchWithAuth(`/api/camera_proxy/${t.entity_id}`).catch(()=>null);if(!s?.ok){e.showMessage(e.texts.get("live.no_snapshot"),"error");return}const i=URL.createObjectURL(await s.blob()),r=document.createElement("a");r.href=i,r.download=Za(t.name,Date.now()/1e3,e.format.zone),r.click(),URL.revokeObjectURL(i)}function zi({texts:e},t){return t.recording?o`<span class="badge rec">${e.get("clip.recording")}</span>`:t.records?h:o`<span class="badge">${e.get("cameras.not_recorded")}</span>`}function Di({texts:e},{tamper:t}){return t===null?h:o`<span class="badge tamper"
>${f(oi)}${e.named("tamper",t)}</span
>`}function Ii({texts:e},t){return t.presences.map(({label:s,count:i,zones:r,sensor:n})=>{const a=`${i>1?`${i} × `:""}${e.label(s)}`,l=n===null?[]:[e.get("cameras.reported",{sensor:n})],c=[a,r.join(", "),...l].filter(Boolean);return o`<span class="badge here">${f(Pi(s))}${c.join(" · ")}</span>`})}const Ui=b`
.badge {
display: inline-flex;
align-items: center;
gap: 4px;
padding: 2px 9px;
border-radius: 12px;
background: rgba(0, 0, 0, 0.72);
color: #fff;
font-size: 13px;
max-width: 100%;
overflow-wrap: anywhere;
}
.badge.here {
padding-left: 7px;
}
.badge svg {
width: 16px;
height: 16px;
}
.badge.rec {
background: #b3261e;
}
.badge.tamper {
padding-left: 7px;
background: #ffc043;
color: #211500;
}
.state,
.who {
position: absolute;
left: 10px;
right: 10px;
display: flex;
flex-wrap: wrap;
gap: 6px;
pointer-events: none;
}
.state {
top: 10px;
}
.who {
bottom: 10px;
}
`;var Ba=Object.defineProperty,qa=Object.getOwnPropertyDescriptor,ve=(e,t,s,i)=>{for(var r=i>1?void 0:i?qa(t,s):t,n=e.length-1,a;n>=0;n--)(a=e[n])&&(r=(i?a(t,s,r):a(r))||r);return i&&r&&Ba(t,s,r),r};const Wa=3e4;let kt=class extends x{constructor(){super(...arguments),this.picture=null,this.starting=!1,this.asked=""}connectedCallback(){super.connectedCallback(),this.timer=setInterval(()=>this.requestUpdate(),Wa)}disconnectedCallback(){super.disconnectedCallback(),clearInterval(this.timer),this.asked=""}engineStarted(){this.asked=""}willUpdate(e){super.willUpdate(e);const t=`${this.camera.id} ${this.camera.health}`;t!==this.asked&&(this.asked=t,this.starting=!1,this.load(t))}async load(e){try{const t=await this.page.api.lastPicture(this.camera.id);e===this.asked&&(this.picture=t)}catch{e===this.asked&&(this.asked="")}}render(){const{camera:e,picture:t,texts:s}=this,i=t?.path??null;return o`${i?o`<homesec-still .stills=${this.page.stills} .path=${i}></homesec-still>`:h}
<div class="over ${i?"":"plain"}">
${i?h:f(cn)}
<b>${s.named("health",e.health)}</b>
${this.reason()}
${t?o`<span class="age"
>${t.at===null?s.get("cameras.no_picture"):s.get("cameras.last_picture",{ago:this.format.ago(t.at,C())})}</span
>`:h}
${this.renderButton()}
</div>`}reason(){const{camera:e,texts:t}=this;if(e.error)return o`<span>${t.named("source_error",e.error,e.error_placeholders)}</span>`;if(e.health!=="off")return h;if(!this.system?.ready)return o`<span>${t.get("cameras.not_running")}</span>`;const s=e.disabled?"disabled":e.detection?"off_why":"off_detection";return o`<span>${t.get(`cameras.${s}`)}</span>`}renderButton(){const{camera:e,texts:t}=this;return e.health!=="off"||e.disabled||!this.canControl||!this.system?.ready?h:o`<button
class="button turn-on"
?disabled=${this.starting}
aria-label=${`${t.get("cameras.turn_on")}: ${e.name}`}
@click=${()=>{this.turnOn()}}
>
${f(pi)}${t.get("cameras.turn_on")}
</button>`}async turnOn(){this.starting=!0,this.starting=await Ti(this.page,this.camera)}};kt.styles=[w,b`
:host {
display: block;
position: relative;
height: 100%;
background: #1a1a1a;
}
homesec-still {
position: absolute;
inset: 0;
filter: grayscale(0.7);
}
.over {
position: absolute;
inset: 0;
display: flex;
flex-direction: column;
align-items: center;
justify-content: flex-end;
gap: 2px;
padding: 12px;
text-align: center;
color: #fff;
background: linear-gradient(transparent, rgba(0, 0, 0, 0.55) 35%, rgba(0, 0, 0, 0.8));
}
.over.plain {
justify-content: center;
}
.over.plain svg {
width: 32px;
height: 32px;
}
.age {
font-size: 13px;
}
.turn-on {
position: relative;
z-index: 1; /* above the tile's own button, which opens the live view */
min-height: 44px;
margin-top: 6px;
background: #fff;
color: #111;
}
`];ve([p({attribute:!1})],kt.prototype,"camera",2);ve([g()],kt.prototype,"picture",2);ve([g()],kt.prototype,"starting",2);kt=ve([$("homesec-last-picture")],kt);const Ka=(function(){const t=typeof document<"u"&&document.createElement("link").relList;return t&&t.supports&&t.supports("modulepreload")?"modulepreload":"preload"})(),Ga=function(e){return"/"+e},Es={},Xa=function(t,s,i){let r=Promise.resolve();if(s&&s.length>0){let u=function(m){return Promise.all(m.map(d=>Promise.resolve(d).then(y=>({status:"fulfilled",value:y}),y=>({status:"rejected",reason:y}))))};var a=u;document.getElementsByTagName("link");const l=document.querySelector("meta[property=csp-nonce]"),c=l?.nonce||l?.getAttribute("nonce");r=u(s.map(m=>{if(m=Ga(m),m in Es)return;Es[m]=!0;const d=m.endsWith(".css"),y=d?'[rel="stylesheet"]':"";if(document.querySelector(`link[href="${m}"]${y}`))return;const v=document.createElement("link");if(v.rel=d?"stylesheet":Ka,d||(v.as="script"),v.crossOrigin="",v.href=m,c&&v.setAttribute("nonce",c),document.head.appendChild(v),d)return new Promise((M,E)=>{v.addEventListener("load",M),v.addEventListener("error",()=>E(new Error(`Unable to preload CSS for ${m}`)))})}))}function n(l){const c=new Event("vite:preloadError",{cancelable:!0});if(c.payload=l,window.dispatchEvent(c),!c.defaultPrevented)throw l}return r.then(l=>{for(const c of l||[])c.status==="rejected"&&n(c.reason);return t().catch(n)})};async function Ri(e){try{return await e.play(),!0}catch(t){const s=t.name;if(s==="AbortError")return!0;if(s!=="NotAllowedError"||e.muted)throw t}return e.muted=!0,await e.play(),!1}const Ya=["web_rtc","hls"],Ja="application/vnd.apple.mpegurl";async function Qa(e,t,s=to()){const r=(await e.callWS({type:"camera/capabilities",entity_id:t})).frontend_stream_types;return Ya.filter(n=>r.includes(n)&&s.includes(n))}function Ye(e){return e.canPlayType(Ja)!==""}function to(){const e="MediaSource"in window||"ManagedMediaSource"in window||Ye(document.createElement("video"));return[..."RTCPeerConnection"in window?["web_rtc"]:[],...e?["hls"]:[]]}const ke=3e4,eo=new Set(["manifestIncompatibleCodecsError","bufferAddCodecError","bufferIncompatibleCodecsError"]);async function so(){return(await Xa(async()=>{const{default:e}=await import("./homesec-hls.js");return{default:e}},[])).default}async function io(e){const{hass:t,entity:s,video:i,signal:r}=e,{url:n}=await t.callWS({type:"camera/stream",entity_id:s}),a=await ro(e);if(r.throwIfAborted(),a)ao(a,n,e);else if(Ye(i))lo(n,e);else throw new Error("This browser doesn't play HLS.")}async function ro({load:e=so,video:t}){try{const s=await e();return s.isSupported()?s:null}catch(s){if(Ye(t))return null;throw s}}function no(){return{lowLatencyMode:!0,maxLiveSyncPlaybackRate:1.5,backBufferLength:20,fragLoadingTimeOut:ke,levelLoadingTimeOut:ke,manifestLoadingTimeOut:ke}}function ao(e,t,s){const i=new e(no());Ni(s,()=>i.destroy()),i.on(e.Events.MANIFEST_PARSED,()=>ji(s)),i.on(e.Events.ERROR,(r,{fatal:n,details:a})=>{n&&(eo.has(a)?s.report.unplayable():s.report.failed())}),oo(e,i,s),i.loadSource(t),i.attachMedia(s.video)}function oo(e,t,{video:s,report:i}){let r=[],n=null;t.on(e.Events.INIT_PTS_FOUND,(a,{timestampOffsets:l})=>{r=l}),t.on(e.Events.FRAG_CHANGED,(a,{frag:l})=>{n=l.cc}),i.timed(()=>{const a=n===null?void 0:r[n];return a?s.currentTime+a.baseTime/a.timescale:null})}function lo(e,t){Ni(t,()=>{}),t.video.src=e,ji(t)}function Ni({video:e,report:t,signal:s},i){e.addEventListener("playing",t.playing,{signal:s}),e.addEventListener("error",t.failed,{signal:s});const r=()=>{i(),e.removeAttribute("src"),e.load()};s.addEventListener("abort",r,{once:!0})}function ji({video:e,report:t,silenced:s}){Ri(e).then(i=>i||s(),()=>t.failed())}const co={web_rtc:1e4,hls:25e3},ho=2e3,po=12e4,uo=3e4;class fo extends q{constructor(t){super(),this.options=t,this.playing=null,this.liveT=()=>null,this.failures=0,this.startedPlaying=0,this.unplayable=new Set,this.controller=new AbortController}start(){this.failures=0,this.unplayable.clear(),this.tryAll()}stop(){this.begin()}async tryAll(){const t=this.begin();let s;try{s=await this.options.types()}catch{t.aborted||this.tryLater();return}if(t.aborted)return;const i=s.filter(r=>!this.unplayable.has(r));i.length&&this.tryNext(i)}tryNext([t,...s]){if(t===void 0){this.tryLater();return}const i=this.begin(),r=()=>{i.aborted||(this.playing===null?this.tryNext(s):this.tryLater())},n=()=>{i.aborted||this.unplayable.add(t),r()},a=()=>{i.aborted||this.playing!==null||(clearTimeout(this.timer),this.playing=t,this.startedPlaying=performance.now(),this.changed())},l=c=>{i.aborted||(this.liveT=c)};this.timer=setTimeout(r,co[t]),this.options.open(t,{playing:a,failed:r,unplayable:n,timed:l},i).catch(r)}tryLater(){this.playing!==null&&performance.now()-this.startedPlaying>uo&&(this.failures=0),this.begin();const t=Math.min(ho*2**this.failures,po);this.failures+=1,this.timer=setTimeout(()=>{this.tryAll()},t)}begin(){return clearTimeout(this.timer),this.controller.abort(),this.controller=new AbortController,this.liveT=()=>null,this.playing!==null&&(this.playing=null,this.changed()),this.controller.signal}}const mo=5e3;async function Zi(e){const{hass:t,entity:s,signal:i}=e,r=await t.callWS({type:"camera/webrtc/get_client_config",entity_id:s});i.throwIfAborted();const a=(e.create??(c=>new RTCPeerConnection(c)))(r.configuration),l=new go(a,e);i.addEventListener("abort",()=>l.stop(),{once:!0}),await l.offer(r.dataChannel)}class go{constructor(t,s){this.peer=t,this.options=s,this.id=null,this.waiting=[],this.early=[],this.isAnswered=!1,this.sender=null,this.unsubscribe=null;const{video:i,report:r,signal:n}=s;if(t.onicecandidate=({candidate:l})=>{l?.candidate&&this.sendCandidate(l.toJSON())},t.onconnectionstatechange=()=>this.followConnection(),!i)return;const a=new MediaStream;t.ontrack=({track:l})=>{a.addTrack(l),l.kind==="video"&&(i.srcObject=a,Ri(i).then(c=>c||s.silenced(),()=>this.fail()))},i.addEventListener("playing",r.playing,{signal:n})}async offer(t){const{peer:s}=this,{hass:i,entity:r,signal:n}=this.options;t!==void 0&&s.createDataChannel(t);const{microphone:a}=this.options;a?this.sender=s.addTransceiver(a,{direction:"sendrecv"}):s.addTransceiver("audio",{direction:"recvonly"}),s.addTransceiver("video",{direction:"recvonly"});const l=await s.createOffer();n.throwIfAborted(),await s.setLocalDescription(l),n.throwIfAborted();const c=await i.connection.subscribeMessage(u=>{this.handle(u).catch(()=>this.fail())},{type:"camera/webrtc/offer",entity_id:r,offer:l.sdp??""},{resubscribe:!1});this.unsubscribe=c,n.aborted&&this.leave()}stop(){clearTimeout(this.lossTimer),this.options.video&&(this.options.video.srcObject=null),this.leave(),this.peer.close()}leave(){this.unsubscribe?.().catch(()=>{})}followConnection(){switch(clearTimeout(this.lossTimer),this.peer.connectionState){case"connected":this.sender&&this.options.report.playing();break;case"failed":case"closed":this.fail();break;case"disconnected":this.lossTimer=setTimeout(()=>this.fail(),mo)}}async handle(t){if(!this.options.signal.aborted)switch(t.type){case"session":this.id=t.session_id;for(const s of this.waiting.splice(0))this.sendCandidate(s);break;case"answer":if(await this.peer.setRemoteDescription({type:"answer",sdp:t.answer}),this.isAnswered=!0,this.sender&&!this.sender.currentDirection?.startsWith("send")){this.options.report.unplayable();return}for(const s of this.early.splice(0))await this.peer.addIceCandidate(s);break;case"candidate":this.isAnswered?await this.peer.addIceCandidate(t.candidate):this.early.push(t.candidate);break;case"error":this.fail()}}sendCandidate(t){const{hass:s,entity:i}=this.options;if(this.id===null){this.waiting.push(t);return}s.callWS({type:"camera/webrtc/candidate",entity_id:i,session_id:this.id,candidate:t}).catch(()=>{})}fail(){this.options.signal.aborted||this.options.report.failed()}}var bo=Object.defineProperty,vo=Object.getOwnPropertyDescriptor,et=(e,t,s,i)=>{for(var r=i>1?void 0:i?vo(t,s):t,n=e.length-1,a;n>=0;n--)(a=e[n])&&(r=(i?a(t,s,r):a(r))||r);return i&&r&&bo(t,s,r),r};const yo=2e4;let R=class extends O{constructor(){super(),this.entity=null,this.text="",this.sound=!1,this.mode="full",this.pause=2e3,this.player=new fo({types:()=>this.streamTypes(),open:(e,t,s)=>this.open(e,t,s)}),this.followVisibility=()=>{clearTimeout(this.hidingTimer),document.hidden?this.hidingTimer=setTimeout(()=>this.player.stop(),yo):this.playing===null&&this.restart()},new _(this,()=>this.player),this.player.observe(()=>this.dispatchEvent(new CustomEvent("live")))}get playing(){return this.player.playing}liveT(){return this.player.liveT()}enterFullscreen(){this.video.webkitEnterFullscreen?.()}connectedCallback(){super.connectedCallback(),document.addEventListener("visibilitychange",this.followVisibility),this.hasUpdated&&this.restart()}disconnectedCallback(){super.disconnectedCallback(),document.removeEventListener("visibilitychange",this.followVisibility),clearTimeout(this.hidingTimer),this.player.stop()}updated(e){(e.has("entity")||e.has("mode"))&&this.restart(),e.has("sound")&&(this.video.muted=!this.sound)}restart(){this.entity===null||this.mode==="still"?this.player.stop():this.player.start()}async streamTypes(){if(this.entity===null)return[];const e=await Qa(this.hass(),this.entity);return this.mode==="brief"?e.filter(t=>t!=="hls"):e}open(e,t,s){const{video:i}=this;i.muted=!this.sound;const r=()=>{this.dispatchEvent(new CustomEvent("silenced"))},n={hass:this.hass(),entity:this.entity,video:i,report:t,signal:s,silenced:r};return e==="hls"?io(n):Zi(n)}passOn({type:e,detail:t}){this.dispatchEvent(new CustomEvent(e,{detail:t}))}reportRatio(e){const{videoWidth:t,videoHeight:s}=e.currentTarget;!t||!s||this.dispatchEvent(new CustomEvent("ratio",{detail:t/s}))}render(){const e=this.playing!==null;return o`${e?h:o`<homesec-live
.hass=${this.hass}
.entity=${this.entity}
text=${this.text}
.moving=${this.mode!=="still"}
.pause=${this.pause}
@ratio=${this.passOn}
@picture=${this.passOn}
></homesec-live>`}<video
class=${e?"":"waiting"}
playsinline
disablepictureinpicture
aria-label=${this.text}
@loadedmetadata=${this.reportRatio}
@resize=${this.reportRatio}
></video>`}};R.styles=b`
:host {
display: block;
position: relative;
overflow: hidden;
}
homesec-live,
video {
display: block;
width: 100%;
height: 100%;
aspect-ratio: auto;
object-fit: var(--live-fit, contain);
}
.waiting {
position: absolute;
inset: 0;
visibility: hidden; /* browsers may not play what has no place */
}
`;et([p({attribute:!1})],R.prototype,"hass",2);et([p()],R.prototype,"entity",2);et([p()],R.prototype,"text",2);et([p({type:Boolean})],R.prototype,"sound",2);et([p({attribute:!1})],R.prototype,"mode",2);et([p({type:Number})],R.prototype,"pause",2);et([H("video")],R.prototype,"video",2);R=et([$("homesec-live-video")],R);const $o=900,Fi=3600,wo=7,xo=900;function Co(e,t){let s=V(e,t),i=Ts(s,t);return i-e<xo&&(s=P(s,1),i=Ts(s,t)),i}function Ts(e,t){return ot(P(e,1),t)-(24-wo)*Fi}var _o=Object.defineProperty,Mo=Object.getOwnPropertyDescriptor,Je=(e,t,s,i)=>{for(var r=i>1?void 0:i?Mo(t,s):t,n=e.length-1,a;n>=0;n--)(a=e[n])&&(r=(i?a(t,s,r):a(r))||r);return i&&r&&_o(t,s,r),r};let Bt=class extends x{constructor(){super(...arguments),this.closeOutside=e=>{e.target===this.dialog&&this.dialog.close()}}render(){const{texts:e,camera:t}=this,s=t.snoozed_until;return o`<button
class="button small icon plain bell"
aria-haspopup="dialog"
title=${this.stateText()}
aria-label="${this.stateText()}: ${t.name}"
@click=${()=>this.dialog.showModal()}
>
${f(s?ar:is)}
</button>
<dialog aria-labelledby="title" @click=${this.closeOutside}>
<div class="body">
<h2 id="title">${e.get("cameras.snooze")}</h2>
<p>${t.name}${s?o`<br />${this.stateText()}`:h}</p>
${this.renderChoices()}
${s?o`<button class="button strong" @click=${()=>{this.set(0)}}>
${f(is)}${e.get("cameras.unsnooze")}
</button>`:h}
<button class="button plain" @click=${()=>this.dialog.close()}>
${e.get("common.cancel")}
</button>
</div>
</dialog>`}renderChoices(){const{texts:e}=this,t=Co(C(),this.format.zone),s=(i,r)=>o`<button class="button" @click=${()=>{this.set(r())}}>${i}</button>`;return o`<div class="choices" role="group" aria-label=${e.get("cameras.snooze_choices")}>
${s(e.get("cameras.snooze_quarter"),()=>$o)}
${s(e.get("cameras.snooze_hour"),()=>Fi)}
${s(e.get("cameras.snooze_morning",{time:this.format.time(t)}),()=>t-C())}
</div>`}stateText(){const e=this.camera.snoozed_until;return e?this.texts.get("cameras.snoozed",{time:this.format.until(e,C())}):this.texts.get("cameras.snooze")}async set(e){this.dialog.close();const t=this.camera.snoozed_until;try{if(!await this.send(e))return}catch(r){this.page.showMessage(this.texts.error(r),"error");return}const{name:s}=this.camera,i=e?this.texts.get("cameras.snoozed_for",{camera:s,time:this.format.time(C()+e)}):this.texts.get("cameras.snooze_ended",{camera:s});this.page.showMessage(i,"info",{text:this.texts.get("deleted.undo"),run:async()=>{await this.send(t?Math.max(0,t-C()):0)}})}send(e){const{id:t}=this.camera,s=this.texts.get(e?"cameras.snooze":"cameras.unsnooze");return(e?j:mt)(this,s,async i=>{await this.page.api.snooze(t,e,i)})}};Bt.styles=[w,b`
dialog {
border: none;
border-radius: var(--hs-radius);
background: var(--hs-card);
color: var(--hs-text);
padding: 0;
width: min(340px, calc(100vw - 32px));
max-height: calc(100dvh - 16px);
box-shadow: 0 8px 32px rgba(0, 0, 0, 0.4);
}
dialog::backdrop {
background: rgba(0, 0, 0, 0.5);
}
.body,
.choices {
display: grid;
gap: 8px;
}
.body {
padding: 24px;
}
h2 {
margin: 0;
font-size: 20px;
font-weight: 500;
}
p {
margin: 0 0 8px;
color: var(--hs-text-2);
overflow-wrap: anywhere;
}
`];Je([p({attribute:!1})],Bt.prototype,"camera",2);Je([H("dialog")],Bt.prototype,"dialog",2);Bt=Je([$("homesec-snooze")],Bt);var ko=Object.defineProperty,Lo=Object.getOwnPropertyDescriptor,ye=(e,t,s,i)=>{for(var r=i>1?void 0:i?Lo(t,s):t,n=e.length-1,a;n>=0;n--)(a=e[n])&&(r=(i?a(t,s,r):a(r))||r);return i&&r&&ko(t,s,r),r};const Ho=500;let Lt=class extends x{constructor(){super(...arguments),this.pause=2e3,this.isLive=!1}disconnectedCallback(){super.disconnectedCallback(),this.setLive(!1)}render(){const{texts:e,camera:t}=this;return o`<article
class="card"
aria-label=${t.name}
@pointerenter=${this.handleEnter}
@pointerleave=${()=>this.setLive(!1)}
@focusin=${()=>this.setLive(!0)}
@focusout=${()=>this.setLive(!1)}
>
<div class="picture">
${t.health==="running"?this.renderPicture():o`<homesec-last-picture .page=${this.page} .camera=${t}></homesec-last-picture>`}
<span class="state"
>${zi(this.page,t)}${Di(this.page,t)}</span
>
<a
class="open"
href=${A({view:"camera",id:t.id})}
aria-label=${e.get("cameras.open",{camera:t.name})}
@click=${L}
></a>
<span class="who">${Ii(this.page,t)}</span>
</div>
<div class="foot">
<h3 title=${t.name}>${t.name}</h3>
${this.renderSnoozed()}
<span class="actions">
${this.canControl&&t.health==="running"?o`<button
class="button small icon plain"
aria-pressed=${t.recording_manually}
title=${le(this.page,t)}
aria-label=${`${le(this.page,t)}: ${t.name}`}
@click=${()=>{Ei(this,t)}}
>
${f(t.recording_manually?fi:ui)}
</button>`:h}
${this.canControl?o`<button
class="button small icon plain"
aria-pressed=${t.detection}
title=${this.detectionText()}
aria-label=${`${this.detectionText()}: ${t.name}`}
@click=${()=>{this.toggleDetection()}}
>
${f(t.detection?di:Ar)}
</button>`:h}
${this.canControl?o`<homesec-snooze .page=${this.page} .camera=${t}></homesec-snooze>`:h}
${this.system?.user.is_admin?o`<a
class="button small icon plain"
href=${A({view:"zones",camera:t.id})}
title=${e.get("zones.open")}
aria-label=${`${e.get("zones.open")}: ${t.name}`}
@click=${L}
>${f(ln)}</a
>`:h}
</span>
</div>
</article>`}renderPicture(){const{camera:e}=this;return o`<homesec-live-video
.hass=${this.page.hass}
.entity=${e.entity_id}
.mode=${this.isLive?"brief":"still"}
.pause=${this.pause}
text=${this.texts.get("cameras.picture",{camera:e.name})}
></homesec-live-video>`}handleEnter(e){e.pointerType!=="touch"&&(clearTimeout(this.timer),this.timer=setTimeout(()=>this.setLive(!0),Ho))}setLive(e){clearTimeout(this.timer),this.isLive=e}renderSnoozed(){const e=this.camera.snoozed_until;return e?o`<span class="quiet"
>${this.texts.get("cameras.snoozed",{time:this.format.until(e,C())})}</span
>`:h}detectionText(){return this.texts.get(this.camera.detection?"cameras.detection_off":"cameras.detection_on")}async toggleDetection(){const{id:e,detection:t}=this.camera;try{await(t?j:mt)(this,this.detectionText(),async i=>{await this.page.api.setDetection(e,!t,i)})}catch(s){this.page.showMessage(this.texts.error(s),"error")}}};Lt.styles=[w,N,Ui,b`
.card {
padding: 0;
overflow: hidden;
height: 100%;
}
.picture {
position: relative;
aspect-ratio: 16 / 9;
background: #1a1a1a;
}
homesec-live-video {
height: 100%;
--live-fit: cover;
}
.open {
position: absolute;
inset: 0;
}
.open:focus-visible {
outline-offset: -4px;
}
.foot {
display: flex;
align-items: center;
gap: 8px;
min-height: 48px;
padding: 6px 6px 6px 14px;
flex-wrap: wrap;
}
h3 {
flex: 1;
min-width: 80px;
line-height: 1.25;
display: -webkit-box;
-webkit-box-orient: vertical;
-webkit-line-clamp: 2;
overflow: hidden;
overflow-wrap: anywhere;
}
.actions {
display: flex;
}
`];ye([p({attribute:!1})],Lt.prototype,"camera",2);ye([p({type:Number})],Lt.prototype,"pause",2);ye([g()],Lt.prototype,"isLive",2);Lt=ye([$("homesec-camera-tile")],Lt);var Ao=Object.defineProperty,Vo=Object.getOwnPropertyDescriptor,Qe=(e,t,s,i)=>{for(var r=i>1?void 0:i?Vo(t,s):t,n=e.length-1,a;n>=0;n--)(a=e[n])&&(r=(i?a(t,s,r):a(r))||r);return i&&r&&Ao(t,s,r),r};const zs=4;let qt=class extends x{constructor(){super(...arguments),this.cameraId=null,this.unfolded=!1}render(){const{system:e,texts:t}=this;if(!e)return h;const{cameraId:s}=this,i=e.problems.filter(({camera_id:l})=>s===null||l===s),r=i.filter(l=>!l.ignored);if(!r.length)return s===null?this.renderNone(i.length):h;const n=this.unfolded?r:r.slice(0,zs),a=r.length-zs;return o`<section aria-label=${t.get("problems.title")}>
<div class="list" role="status">
<ul>
${Mt(n,({id:l})=>l,l=>this.renderProblem(l))}
</ul>
</div>
${a>0?o`<button
class="button small"
aria-expanded=${this.unfolded}
@click=${()=>this.unfolded=!this.unfolded}
>
${this.unfolded?t.get("problems.fewer"):t.count("problems.more",a)}
</button>`:h}
</section>`}renderNone(e){if(!this.system?.cameras.length&&!e)return h;const{texts:t}=this;return o`<p class="fine" role="status">
${f(gr)}<span
>${t.get("problems.none")}${e?` · ${t.count("problems.ignored",e)}`:""}</span
>
</p>`}renderProblem(e){const{title:t,detail:s}=this.texts.trouble(e),i=e.severity==="warning";return o`<li class=${i?"warning":"error"}>
${f(i?oi:ai)}
<b>${t}</b>
${this.renderLink(e,t)}
${s?o`<p class="quiet">${s}</p>`:h}
</li>`}renderLink({link:e,repair:t},s){if(e===null)return h;const i=this.texts.get(t?"problems.fix":"problems.settings");return o`<a class="button small" href=${e} aria-label="${i}: ${s}" @click=${L}
>${i}${f(pe)}</a
>`}};qt.styles=[w,N,b`
:host {
display: block;
}
section,
ul {
display: grid;
gap: 8px;
justify-items: start;
}
ul {
margin: 0;
padding: 0;
list-style: none;
}
.list {
width: 100%;
}
li {
display: flex;
flex-wrap: wrap;
align-items: center;
gap: 8px 12px;
width: 100%;
padding: 10px 16px;
border: 1px solid var(--hs-line);
border-inline-start: 6px solid var(--tone);
border-radius: var(--hs-radius);
background: color-mix(in srgb, var(--tone) 8%, var(--hs-card));
--tone: var(--error-color, #db4437);
}
.warning {
--tone: var(--warning-color, #ffa600);
}
li > svg {
color: color-mix(in srgb, var(--tone) 65%, var(--hs-text));
}
b,
li p {
min-width: 0;
overflow-wrap: anywhere;
}
b {
flex: 1 1 120px;
font-weight: 500;
}
p {
margin: 0;
}
li p {
flex: 1 1 100%;
padding-inline-start: 32px; /* below the title */
margin-top: -4px;
}
li .button {
margin-inline-start: auto;
padding-inline-end: 8px;
}
.fine {
display: flex;
align-items: center;
gap: 8px;
padding: 0 4px;
color: var(--hs-text-2);
}
.fine svg {
color: var(--hs-good);
}
`];Qe([p({attribute:!1})],qt.prototype,"cameraId",2);Qe([g()],qt.prototype,"unfolded",2);qt=Qe([$("homesec-health-strip")],qt);var So=Object.getOwnPropertyDescriptor,Oo=(e,t,s,i)=>{for(var r=i>1?void 0:i?So(t,s):t,n=e.length-1,a;n>=0;n--)(a=e[n])&&(r=a(r)||r);return r};const Po=12,Ds={few:1e3,many:2e3},Eo=4;let Se=class extends x{constructor(){super(),this.day="",new _(this,()=>this.list)}connectedCallback(){super.connectedCallback(),this.list??=new Ge(this.page.api),this.list.subscribe().catch(()=>{}),this.showToday(),this.midnight=setInterval(()=>this.showToday(),3e4)}disconnectedCallback(){super.disconnectedCallback(),this.list?.unsubscribe(),this.list=void 0,this.day="",clearInterval(this.midnight)}engineStarted(){this.list?.retry()}showToday(){const{zone:e}=this.format,t=V(C(),e);if(t===this.day)return;this.day=t;const s={...Ct,range:{kind:"today"}};this.list?.show(ge(s,C(),e))}render(){return o`<div class="page">
<homesec-alarm-card .page=${this.page}></homesec-alarm-card>
<homesec-health-strip .page=${this.page}></homesec-health-strip>
<div class=${this.system?.cameras.length===1?"columns":"rows"}>
<section aria-labelledby="cameras">
<h2 id="cameras" class="hidden-text">${this.texts.get("cameras.title")}</h2>
${this.renderCameras()}
</section>
<section aria-labelledby="today">
<div class="title">
<h2 id="today">${this.texts.get("overview.today")}</h2>
<a class="button small plain" href="${k}/clips" @click=${L}
>${this.texts.get("overview.all")}${f(Oe)}</a
>
</div>
${this.renderToday()}
</section>
</div>
</div>`}renderCameras(){const e=this.system?.cameras??[];return e.length?o`<div class="tiles">
${Mt(e,t=>t.id,t=>o`<homesec-camera-tile
.page=${this.page}
.camera=${t}
.pause=${e.length>Eo?Ds.many:Ds.few}
></homesec-camera-tile>`)}
</div>`:o`<p class="card empty">${this.texts.get("cameras.none")}</p>`}renderToday(){const{list:e,texts:t}=this;if(!e)return h;if(e.error)return o`<p class="card bad" role="alert">${t.error(e.error)}</p>`;if(!e.ready)return o`<p class="empty">${t.get("clips.loading")}</p>`;if(!e.clips.length){const i=this.system?.problems.some(n=>!n.ignored),r=t.get(i?"overview.quiet_problems":"overview.quiet");return o`<p class="card empty">${r}</p>`}const s=innerWidth<600?170:240;return o`<div class="clips">
${Mt(e.clips.slice(0,Po),i=>i.id,i=>Be(this.page,i,{width:s,onClick:L}))}
</div>`}};Se.styles=[w,N,We,b`
:host {
display: block;
overflow-y: auto;
}
.page {
display: grid;
grid-template-columns: minmax(0, 1fr);
gap: 16px;
padding: 16px;
max-width: 1600px;
margin: 0 auto;
}
.tiles {
display: grid;
gap: 16px;
grid-template-columns: repeat(auto-fit, minmax(min(100%, 300px), 1fr));
}
.rows,
.columns {
display: grid;
grid-template-columns: minmax(0, 1fr);
gap: inherit;
align-items: start;
}
@media (min-width: 900px) {
/* One camera would be too high across the whole page, so its clips are beside it. */
.columns {
grid-template-columns: minmax(0, 3fr) minmax(0, 2fr);
}
}
.title {
display: flex;
align-items: center;
justify-content: space-between;
margin-bottom: 8px;
}
.title .button {
margin-inline-end: -12px; /* its text ends where the cards do */
}
.clips {
display: grid;
gap: 12px;
grid-template-columns: repeat(auto-fill, minmax(min(46%, 200px), 1fr));
}
@media (max-width: 600px) {
.page {
padding: 12px;
gap: 12px;
}
}
`];Se=Oo([$("homesec-overview")],Se);const To=e=>Math.min(1,Math.max(0,e)),Is=e=>Math.round(To(e)*1e3)/1e3;function $e(e){return[Is(e[0]),Is(e[1])]}function Us(e,t,s){return e.map((i,r)=>r===t?$e(s):i)}function Rs(e,t,s){const i=e.map(([l])=>l),r=e.map(([,l])=>l),n=Math.min(Math.max(t,-Math.min(...i)),1-Math.max(...i)),a=Math.min(Math.max(s,-Math.min(...r)),1-Math.max(...r));return e.map(([l,c])=>$e([l+n,c+a]))}function zo(e,t){const s=Bi(e,t);return[...e.slice(0,t+1),$e(s),...e.slice(t+1)]}function Bi(e,t){const[s,i]=e[t],[r,n]=e[(t+1)%e.length];return[(s+r)/2,(i+n)/2]}function Do(e){const t=e.reduce(([s,i],r)=>[s+r[0],i+r[1]],[0,0]);return[t[0]/e.length,t[1]/e.length]}function Io(e){let t=0;return e.forEach(([s,i],r)=>{const[n,a]=e[(r+1)%e.length];t+=s*a-n*i}),Math.abs(t)/2}const Uo=32,Ro=64,Le=3,No=40,jo=5e-4,Zo=100;class Fo extends q{constructor(t,s){super(),this.api=t,this.cameraId=s,this.zones=[],this.labels=[],this.picture="",this.selected=null,this.drawing=null,this.ready=!1,this.error=null,this.saved="[]",this.undoStack=[]}async load(){try{const{zones:t,labels:s,picture:i}=await this.api.zones(this.cameraId);Object.assign(this,{zones:t,labels:s,picture:i,ready:!0,error:null}),this.saved=JSON.stringify(t)}catch(t){this.error=t}this.changed()}async save(t=null){const s=JSON.stringify(this.zones);await this.api.saveZones(this.cameraId,this.zones,t),this.saved=s,this.changed()}get isDirty(){return JSON.stringify(this.zones)!==this.saved}get zone(){return this.selected===null?null:this.zones[this.selected]??null}problem(t){const s=this.zones[t];if(!s)return null;const i=s.name.trim().toLowerCase();return i?s.name.length>No?"name_long":this.zones.some((n,a)=>a!==t&&n.name.trim().toLowerCase()===i)?"name_twice":s.polygon.length<Le?"corners_few":Io(s.polygon)<jo?"flat":null:"name_missing"}get isValid(){return this.zones.every((t,s)=>this.problem(s)===null)}select(t){this.selected=t,this.drawing=null,this.changed()}draw(){this.selected=null,this.drawing=[],this.changed()}addCorner(t){!this.drawing||this.drawing.length>=Ro||(this.drawing=[...this.drawing,$e(t)],this.changed())}removeLastCorner(){this.drawing&&(this.drawing=this.drawing.slice(0,-1),this.changed())}close(t){const s=this.drawing;if(!s||s.length<Le)return!1;this.pushUndo();const i={name:t,polygon:s,kind:"noted",labels:[],loiter_s:0};return this.zones=[...this.zones,i],this.selected=this.zones.length-1,this.drawing=null,this.changed(),!0}cancel(){this.drawing=null,this.changed()}change(t,{continued:s=!1}={}){const i=this.selected;i===null||!this.zones[i]||(s||this.pushUndo(),this.zones=this.zones.with(i,{...this.zones[i],...t}),this.changed())}removeCorner(t){const{zone:s}=this;!s||s.polygon.length<=Le||this.change({polygon:s.polygon.filter((i,r)=>r!==t)})}remove(){this.selected!==null&&(this.pushUndo(),this.zones=this.zones.filter((t,s)=>s!==this.selected),this.selected=null,this.changed())}get canUndo(){return this.undoStack.length>0}undo(){const t=this.undoStack.pop();t&&(Object.assign(this,t,{drawing:null}),this.changed())}pushUndo(){this.undoStack.push({zones:this.zones,selected:this.selected}),this.undoStack.length>Zo&&this.undoStack.shift()}}const Bo=b`
:host {
display: block;
}
.frame {
position: relative;
width: 100%;
background: #1a1a1a;
border-radius: var(--hs-radius);
/* Handles and names at the edge must not widen the page. */
overflow: clip;
overflow-clip-margin: 12px;
user-select: none;
-webkit-user-select: none;
}
img,
svg {
position: absolute;
inset: 0;
width: 100%;
height: 100%;
display: block;
border-radius: inherit;
}
svg {
touch-action: pinch-zoom;
}
.drawing svg {
cursor: crosshair;
touch-action: none;
}
polygon {
stroke-width: 2px;
fill-opacity: 0.22;
cursor: pointer;
}
.chosen {
stroke-width: 4px;
fill-opacity: 0.34;
cursor: move;
touch-action: none;
}
.required {
fill: #2ecc71;
stroke: #2ecc71;
}
.noted {
fill: #40c4ff;
stroke: #40c4ff;
}
.mask {
fill: #000;
stroke: #ff6e6e;
fill-opacity: 0.6;
}
.new {
fill: none;
stroke: #ffd740;
stroke-width: 3px;
}
rect {
fill: none;
stroke-width: 3px;
pointer-events: none;
}
.counts {
stroke: #2ecc71;
}
.ignored {
stroke: #ccc;
stroke-dasharray: 6 5;
}
button.corner,
button.middle {
position: absolute;
display: grid;
place-items: center;
width: 44px;
height: 44px;
margin: -22px;
padding: 0;
border: none;
border-radius: 50%;
background: none;
touch-action: none;
cursor: grab;
}
button.middle {
cursor: copy;
}
button.corner::before,
button.middle::before,
span.corner,
.cursor {
content: "";
width: 22px;
height: 22px;
border-radius: 50%;
border: 3px solid #fff;
background: #1976d2;
box-shadow: 0 0 4px #000;
}
span.corner,
.cursor {
position: absolute;
margin: -11px;
}
span.corner {
width: 14px;
height: 14px;
margin: -7px;
background: #ffd740;
pointer-events: none;
}
span.first {
width: 22px;
height: 22px;
margin: -11px;
}
button.middle::before {
width: 16px;
height: 16px;
border-width: 2px;
background: rgba(255, 255, 255, 0.35);
}
.cursor {
background: none;
border-color: #ffd740;
pointer-events: none;
}
.name {
position: absolute;
transform: translate(-50%, -50%);
padding: 0 8px;
border-radius: 10px;
background: rgba(0, 0, 0, 0.72);
color: #fff;
font-size: 12px;
pointer-events: none;
max-width: 60%;
overflow: hidden;
text-overflow: ellipsis;
white-space: nowrap;
}
.name.detection {
transform: translateY(-100%);
border-radius: 0;
}
`;var qo=Object.defineProperty,Wo=Object.getOwnPropertyDescriptor,bt=(e,t,s,i)=>{for(var r=i>1?void 0:i?Wo(t,s):t,n=e.length-1,a;n>=0;n--)(a=e[n])&&(r=(i?a(t,s,r):a(r))||r);return i&&r&&qo(t,s,r),r};const Ns=2e3,Ko=.01,Go=.002,Xo=18,Yo={ArrowLeft:[-1,0],ArrowRight:[1,0],ArrowUp:[0,-1],ArrowDown:[0,1]};let F=class extends x{constructor(){super(),this.detections=[],this.picture=null,this.shape="16 / 9",this.cursor=null,this.drag=null,this.dragging=!1,new _(this,()=>this.draft)}connectedCallback(){super.connectedCallback(),this.refresh()}disconnectedCallback(){super.disconnectedCallback(),clearTimeout(this.timer),this.picture&&URL.revokeObjectURL(this.picture),this.picture=null}async refresh(){clearTimeout(this.timer);try{if(this.draft.picture&&!document.hidden){const e=await this.page.hass().fetchWithAuth(this.draft.picture);e.ok&&this.show(await e.blob())}}catch{}this.isConnected&&(this.timer=setTimeout(()=>{this.refresh()},Ns))}show(e){if(!this.isConnected)return;const t=this.picture;this.picture=URL.createObjectURL(e),t&&setTimeout(()=>URL.revokeObjectURL(t),Ns)}render(){const{draft:e,texts:t}=this,s=e.drawing!==null;return o`<div class="frame ${s?"drawing":""}" style="aspect-ratio:${this.shape}">
${this.picture?o`<img src=${this.picture} alt="" @load=${this.onPicture} draggable="false" />`:h}
<svg
viewBox="0 0 1 1"
preserveAspectRatio="none"
role="application"
tabindex="0"
aria-label=${t.get(s?"zones.drawing_help":"zones.canvas")}
@pointerdown=${this.onDown}
@pointermove=${this.onMove}
@pointerup=${this.onUp}
@pointercancel=${this.onUp}
@keydown=${this.onKey}
@blur=${()=>this.cursor=null}
>
${e.zones.map((i,r)=>this.renderZone(i,r))}
${this.detections.map(i=>this.renderDetection(i))}
${s?this.renderDrawing(e.drawing??[]):h}
</svg>
${this.renderHandles()} ${this.renderNames()}
${this.cursor?o`<span class="cursor" style=${yt(this.cursor)}></span>`:h}
</div>`}renderZone(e,t){const s=t===this.draft.selected;return re`<polygon
class="${e.kind} ${s?"chosen":""}"
data-zone=${t}
points=${e.polygon.map(i=>i.join(",")).join(" ")}
vector-effect="non-scaling-stroke"
></polygon>`}renderDrawing(e){return re`<polyline
class="new"
points=${e.map(t=>t.join(",")).join(" ")}
vector-effect="non-scaling-stroke"
></polyline>`}renderDetection({box:[e,t,s,i],counts:r}){return re`<rect class=${r?"counts":"ignored"} x=${e} y=${t}
width=${s-e} height=${i-t} vector-effect="non-scaling-stroke"></rect>`}renderHandles(){const{draft:e,texts:t}=this;if(e.drawing)return e.drawing.map((r,n)=>o`<span class="corner ${n?"":"first"}" style=${yt(r)}></span>`);const{zone:s}=e;if(!s)return h;const{polygon:i}=s;return o`${i.map((r,n)=>o`<button
class="middle"
style=${yt(Bi(i,n))}
aria-label=${t.get("zones.add_corner")}
@click=${()=>e.change({polygon:zo(i,n)})}
></button>`)}
${i.map((r,n)=>o`<button
class="corner"
style=${yt(r)}
aria-label=${t.get("zones.corner",{number:n+1})}
@pointerdown=${a=>this.grab(a,n)}
@pointermove=${this.onMove}
@pointerup=${this.onUp}
@pointercancel=${this.onUp}
@keydown=${a=>this.onCornerKey(a,n)}
@dblclick=${()=>e.removeCorner(n)}
></button>`)}`}renderNames(){const e=this.draft.zones.map(s=>o`<span class="name" style=${yt(Do(s.polygon))}>${s.name}</span>`),t=this.detections.map(({label:s,score:i,box:[r,n],counts:a})=>o`<span class="name detection" style=${yt([r,n])}
>${this.texts.label(s)} ${this.format.percent(i)}${a?"":` · ${this.texts.get("zones.does_not_count")}`}</span
>`);return[e,t]}onPicture(e){const{naturalWidth:t,naturalHeight:s}=e.target;t&&s&&(this.shape=`${t} / ${s}`)}pointAt(e){const t=this.surface.getBoundingClientRect();return[(e.clientX-t.left)/t.width,(e.clientY-t.top)/t.height]}onDown(e){if(e.button!==0)return;const t=this.pointAt(e),{drawing:s}=this.draft;if(s){e.preventDefault();const n=s[0];n&&s.length>2&&this.isNear(n,e)?this.finish():this.draft.addCorner(t);return}const i=e.target.dataset.zone;if(i===void 0){this.draft.select(null);return}this.draft.select(Number(i));const{zone:r}=this.draft;r&&(this.surface.setPointerCapture(e.pointerId),this.drag={from:t,polygon:r.polygon},this.dragging=!1)}grab(e,t){e.button===0&&(e.currentTarget.setPointerCapture(e.pointerId),this.drag={corner:t},this.dragging=!1)}onMove(e){const{drag:t}=this,{zone:s}=this.draft;if(!t||!s)return;const i=this.pointAt(e),r="corner"in t?Us(s.polygon,t.corner,i):Rs(t.polygon,i[0]-t.from[0],i[1]-t.from[1]);this.draft.change({polygon:r},{continued:this.dragging}),this.dragging=!0}onUp(){this.drag=null}isNear([e,t],s){const i=this.surface.getBoundingClientRect(),r=s.clientX-i.left-e*i.width,n=s.clientY-i.top-t*i.height;return Math.hypot(r,n)<Xo}finish(){this.dispatchEvent(new CustomEvent("drawn"))}onKey(e){const{draft:t}=this,s=Zs(e);if(t.drawing)if(s){const[i,r]=this.cursor??[.5,.5];this.cursor=[js(i+s[0]),js(r+s[1])]}else if(e.key==="Enter"&&t.drawing.length>2&&e.ctrlKey)this.finish();else if(e.key==="Enter"||e.key===" "){const i=this.cursor??=[.5,.5],r=t.drawing.at(-1);r&&r[0]===i[0]&&r[1]===i[1]&&t.drawing.length>2?this.finish():t.addCorner(i)}else if(e.key==="Backspace")t.removeLastCorner();else if(e.key==="Escape")t.cancel();else return;else if(s&&t.zone)t.change({polygon:Rs(t.zone.polygon,...s)});else if(e.key==="Delete"&&t.zone)t.remove();else return;e.preventDefault(),e.stopPropagation()}onCornerKey(e,t){const{zone:s}=this.draft,i=Zs(e);if(s){if(i){const[r,n]=s.polygon[t];this.draft.change({polygon:Us(s.polygon,t,[r+i[0],n+i[1]])})}else if(e.key==="Delete"||e.key==="Backspace")this.draft.removeCorner(t);else return;e.preventDefault(),e.stopPropagation()}}};F.styles=[w,Bo];bt([p({attribute:!1})],F.prototype,"draft",2);bt([p({attribute:!1})],F.prototype,"detections",2);bt([g()],F.prototype,"picture",2);bt([g()],F.prototype,"shape",2);bt([g()],F.prototype,"cursor",2);bt([H("svg")],F.prototype,"surface",2);F=bt([$("homesec-zone-canvas")],F);function yt([e,t]){return`left:${e*100}%;top:${t*100}%`}function js(e){return Math.min(1,Math.max(0,Math.round(e*1e3)/1e3))}function Zs(e){const t=Yo[e.key];if(!t)return null;const s=e.shiftKey?Go:Ko;return[t[0]*s,t[1]*s]}var Jo=Object.defineProperty,Qo=Object.getOwnPropertyDescriptor,qi=(e,t,s,i)=>{for(var r=i>1?void 0:i?Qo(t,s):t,n=e.length-1,a;n>=0;n--)(a=e[n])&&(r=(i?a(t,s,r):a(r))||r);return i&&r&&Jo(t,s,r),r};const tl=["required","noted","mask"],Wi=3600;let ce=class extends x{constructor(){super(),new _(this,()=>this.draft)}render(){const{draft:e,texts:t}=this,{zone:s}=e;if(!s||e.selected===null)return h;const i=e.problem(e.selected);return o`<form @submit=${r=>r.preventDefault()} @keydown=${el}>
<label
>${t.get("zones.name")}
<input
class="field"
name="name"
maxlength="40"
.value=${s.name}
aria-invalid=${i?.startsWith("name")?"true":"false"}
@input=${r=>e.change({name:Fs(r)},{continued:!0})}
/></label>
${i?o`<p class="bad" role="alert">${t.get(`zones.problem.${i}`)}</p>`:h}
<fieldset>
<legend>${t.get("zones.kind")}</legend>
${tl.map(r=>o`<label class="choice"
><input
type="radio"
name="kind"
.checked=${s.kind===r}
@change=${()=>e.change({kind:r})}
/><span
>${t.get(`zones.kinds.${r}`)}<small>${t.get(`zones.why.${r}`)}</small></span
></label
>`)}
</fieldset>
<fieldset>
<legend>${t.get("zones.labels")}</legend>
<p class="quiet">${t.get("zones.labels_none")}</p>
<div class="labels">
${e.labels.map(r=>o`<label class="choice"
><input
type="checkbox"
.checked=${s.labels.includes(r)}
@change=${()=>e.change({labels:il(s,r)})}
/>${t.label(r)}</label
>`)}
</div>
</fieldset>
${s.kind==="mask"?h:o`<label
>${t.get("zones.loiter")}
<input
class="field"
type="number"
name="loiter"
min="0"
max=${Wi}
step="1"
.value=${String(s.loiter_s)}
@change=${r=>e.change({loiter_s:sl(Fs(r))})}
/></label>`}
<button type="button" class="button danger" @click=${()=>e.remove()}>
${f(Ee)}${t.get("zones.remove")}
</button>
</form>`}};ce.styles=[w,b`
form {
display: grid;
grid-template-columns: minmax(0, 1fr);
gap: 14px;
}
label {
display: grid;
gap: 4px;
}
fieldset {
border: none;
margin: 0;
padding: 0;
display: grid;
gap: 2px;
}
legend {
padding: 0;
font-weight: 500;
}
p {
margin: 0;
}
.quiet,
small {
color: var(--hs-text-2);
font-size: 12px;
}
small {
display: block;
}
.bad {
color: var(--hs-bad);
}
.choice {
overflow-wrap: anywhere;
display: flex;
align-items: center;
gap: 12px;
min-height: 44px;
cursor: pointer;
}
.choice input {
width: 20px;
height: 20px;
accent-color: var(--hs-accent);
flex: none;
}
.labels {
display: grid;
grid-template-columns: repeat(auto-fill, minmax(120px, 1fr));
}
.button {
justify-self: start;
}
`];qi([p({attribute:!1})],ce.prototype,"draft",2);ce=qi([$("homesec-zone-form")],ce);function el(e){e.stopPropagation()}function Fs(e){return e.target.value}function sl(e){return Math.min(Wi,Math.max(0,Number(e)||0))}function il({labels:e},t){return e.includes(t)?e.filter(s=>s!==t):[...e,t]}var rl=Object.defineProperty,nl=Object.getOwnPropertyDescriptor,Xt=(e,t,s,i)=>{for(var r=i>1?void 0:i?nl(t,s):t,n=e.length-1,a;n>=0;n--)(a=e[n])&&(r=(i?a(t,s,r):a(r))||r);return i&&r&&rl(t,s,r),r};const al=400;let ct=class extends x{constructor(){super(),this.cameraId="",this.busy=!1,this.preview=!1,this.detections=[],this.stop=null,this.previewed="",new _(this,()=>this.draft)}disconnectedCallback(){super.disconnectedCallback(),this.endPreview(),this.draft=void 0}willUpdate(e){super.willUpdate(e),this.isConnected&&this.draft?.cameraId!==this.cameraId&&(this.draft=new Fo(this.page.api,this.cameraId),this.draft.load()),this.preview&&this.followDraft()}render(){const{draft:e,texts:t}=this;return e?this.system?.user.is_admin?e.error?o`<p class="empty" role="alert">${t.error(e.error)}</p>`:e.ready?o`<div class="page">
${this.renderHead(e)}
<div class="columns">
<div class="left">
<homesec-zone-canvas
.page=${this.page}
.draft=${e}
.detections=${this.preview?this.detections:[]}
@drawn=${()=>this.close(e)}
></homesec-zone-canvas>
${this.renderTools(e)}
</div>
<div class="right">${this.renderList(e)}
${e.zone?o`<section class="card" aria-label=${e.zone.name}>
<homesec-zone-form .page=${this.page} .draft=${e}></homesec-zone-form>
</section>`:h}
</div>
</div>
</div>`:o`<p class="empty" role="status">${t.get("common.loading")}</p>`:o`<p class="empty" role="alert">${t.get("errors.not_allowed")}</p>`:h}renderHead(e){const{texts:t}=this;return o`<div class="head">
<a class="button icon plain" href=${k} aria-label=${t.get("zones.back")} @click=${L}
>${f(Kt)}</a
>
<h2>${t.get("zones.title",{camera:this.cameraName(this.cameraId)})}</h2>
<button
class="button strong"
?disabled=${this.busy||!e.isDirty||!e.isValid}
@click=${()=>{this.save(e)}}
>
${f(wr)}${t.get("zones.save")}
</button>
</div>`}renderTools(e){const{texts:t}=this;return e.drawing?o`<div class="tools">
<button
class="button strong"
?disabled=${e.drawing.length<3}
@click=${()=>this.close(e)}
>
${f(ci)}${t.get("zones.done")}
</button>
<button class="button" ?disabled=${!e.drawing.length} @click=${()=>e.removeLastCorner()}>
${f(ns)}${t.get("zones.undo")}
</button>
<button class="button" @click=${()=>e.cancel()}>${t.get("common.cancel")}</button>
<p class="quiet">${t.get("zones.drawing")}</p>
</div>`:o`<div class="tools">
<button
class="button"
?disabled=${e.zones.length>=Uo}
@click=${()=>{this.draw(e)}}
>
${f(Yr)}${t.get("zones.draw")}
</button>
<button class="button" ?disabled=${!e.canUndo} @click=${()=>e.undo()}>
${f(ns)}${t.get("zones.undo")}
</button>
<button
class="button"
aria-pressed=${this.preview}
@click=${()=>this.togglePreview()}
>
${f(di)}${t.get("zones.preview")}
</button>
${this.preview?o`<p class="quiet" role="status">${this.previewText()}</p>`:h}
</div>`}renderList(e){const{texts:t}=this;return e.zones.length?o`<ul aria-label=${t.get("filter.zones")}>
${e.zones.map((s,i)=>o`<li>
<button
class="button"
aria-pressed=${i===e.selected}
@click=${()=>e.select(i===e.selected?null:i)}
>
<span class="dot ${s.kind}"></span>
<span class="name">${s.name||t.get("zones.unnamed")}</span>
<small class=${e.problem(i)?"bad":"quiet"}
>${t.get(`zones.kinds.${s.kind}`)}</small
>
</button>
</li>`)}
</ul>`:o`<p class="quiet">${t.get("zones.none")}</p>`}previewText(){const e=this.detections.filter(t=>t.counts).length;return this.texts.count("zones.would_count",e)}async draw(e){e.draw(),await this.updateComplete,this.renderRoot.querySelector("homesec-zone-canvas")?.shadowRoot?.querySelector("svg")?.focus({preventScroll:!1})}close(e){const t=new Set(e.zones.map(r=>r.name));let s=e.zones.length+1;const i=()=>this.texts.get("zones.new_name",{number:s});for(;t.has(i());)s+=1;e.close(i())}async save(e){this.busy=!0;try{await j(this,this.texts.get("zones.save"),s=>e.save(s))&&this.page.showMessage(this.texts.get("zones.saved"))}catch(t){this.page.showMessage(this.texts.error(t),"error")}this.busy=!1}togglePreview(){this.preview=!this.preview,this.preview||this.endPreview()}followDraft(){const{draft:e}=this;!e?.isValid||JSON.stringify(e.zones)===this.previewed||(this.previewed=JSON.stringify(e.zones),clearTimeout(this.settling),this.settling=setTimeout(()=>{this.beginPreview(this.previewed)},al))}async beginPreview(e){const{draft:t}=this;if(t){this.stop?.(),this.stop=null;try{const s=await this.page.api.previewZones(this.cameraId,t.zones,({boxes:i})=>{e===this.previewed&&(this.detections=i.filter(r=>r.counts||t.labels.includes(r.label)))});this.preview&&e===this.previewed&&this.isConnected?this.stop=s:s()}catch(s){this.preview=!1,this.page.showMessage(this.texts.error(s),"error")}}}endPreview(){clearTimeout(this.settling),this.stop?.(),this.stop=null,this.previewed="",this.detections=[],this.preview=!1}};ct.styles=[w,N,b`
:host {
display: block;
overflow-y: auto;
}
.page {
padding: 12px 16px 24px;
max-width: 1280px;
margin: 0 auto;
}
.head {
display: flex;
align-items: center;
gap: 8px;
margin-bottom: 12px;
}
.head h2 {
flex: 1;
min-width: 0;
overflow-wrap: anywhere;
}
.columns {
display: grid;
grid-template-columns: minmax(0, 1fr) 320px;
gap: 16px;
align-items: start;
}
.left,
.right {
display: grid;
grid-template-columns: minmax(0, 1fr);
gap: 12px;
min-width: 0;
}
.tools {
display: flex;
flex-wrap: wrap;
gap: 8px;
align-items: center;
}
.tools p {
margin: 0;
flex-basis: 100%;
}
ul {
list-style: none;
margin: 0;
padding: 0;
display: grid;
grid-template-columns: minmax(0, 1fr);
gap: 6px;
}
li .button {
width: 100%;
justify-content: start;
border-radius: 12px;
}
li .name {
flex: 1;
text-align: start;
overflow: hidden;
text-overflow: ellipsis;
}
.dot {
width: 14px;
height: 14px;
border-radius: 4px;
flex: none;
}
.dot.required {
background: #2ecc71;
}
.dot.noted {
background: #40c4ff;
}
.dot.mask {
background: #444;
border: 2px solid #ff6e6e;
}
@media (max-width: 900px) {
.columns {
grid-template-columns: minmax(0, 1fr);
}
}
@media (max-width: 600px) {
.page {
padding: 8px 12px 24px;
}
h2 {
font-size: 16px;
}
}
`];Xt([p()],ct.prototype,"cameraId",2);Xt([g()],ct.prototype,"busy",2);Xt([g()],ct.prototype,"preview",2);Xt([g()],ct.prototype,"detections",2);ct=Xt([$("homesec-zones")],ct);const Ki="input, textarea, select, dialog";function ts(e,t=Ki){return e.altKey||e.ctrlKey||e.metaKey||e.shiftKey||e.composedPath().some(i=>i instanceof HTMLElement&&i.matches(t))?null:e.key}function ol(e){return ts(e,`video, ${Ki}`)}const ll=Vi(class extends Si{constructor(){super(...arguments),this.key=h}render(e,t){return this.key=e,t}update(e,[t,s]){return t!==this.key&&(Oi(e),this.key=t),s}}),cl=60,hl=700;function dl(e,t){const s=t.x-e.x,i=t.y-e.y;return t.at-e.at>hl||Math.abs(s)<cl||Math.abs(s)<2*Math.abs(i)?0:s<0?1:-1}const Bs=2,qs=.75,pl=60,Dt=1e3;class ul extends q{constructor(t,s=()=>performance.now()/1e3){super(),this.api=t,this.clock=s,this.kept=[],this.stop=null,this.camera=null}async follow(t){if(t!==this.camera&&(this.camera=t,this.stop?.(),this.stop=null,this.kept=[],this.changed(),t!==null))try{const{zones:s}=await this.api.zones(t);if(t!==this.camera)return;const i=await this.api.previewZones(t,s,r=>{t===this.camera&&this.add(r)});t===this.camera?this.stop=i:i()}catch(s){if(t!==this.camera)return;throw this.camera=null,s}}current(t=null){if(t!==null)return this.nearest(t);const s=this.kept.at(-1);return s&&this.clock()-s.at<Bs?s.boxes:[]}nearest(t){let s=[],i=qs;for(const a of this.kept){if(a.liveT===void 0)continue;const l=Math.abs(Ws(a.liveT,t));l<=i&&([s,i]=[a.boxes,l])}const r=this.kept.at(-1);if(i<qs||r?.liveT===void 0)return s;const n=Ws(r.liveT,t);return n>0&&n<Bs?r.boxes:s}add(t){const s=this.clock();if("boxes"in t){const i=t.boxes.filter(({counts:r})=>r);this.kept=this.kept.filter(r=>s-r.at<pl),this.kept.push({boxes:i,at:s,liveT:t.live_t})}else this.kept=[];this.changed()}}function Ws(e,t){const s=((t-e)%Dt+Dt)%Dt;return s<Dt/2?s:s-Dt}function Gi(e,t){const s=i=>i==="person"?"#40c4ff":"#ffd740";return o`<svg class="boxes" viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true">
${t.map(i=>re`<rect x=${i.x} y=${i.y} width=${i.width} height=${i.height}
stroke=${s(i.label)} vector-effect="non-scaling-stroke"></rect>`)}
</svg>
${t.map(i=>o`<span class="tag" style="${fl(i)}"
>${e.texts.label(i.label)} ${e.format.percent(i.score)}</span
>`)}`}function fl({x:e,y:t,width:s}){return`${e>.7?`right:${(1-e-s)*100}%`:`left:${e*100}%`};top:${Math.max(t,.04)*100}%`}const Xi=b`
.boxes {
position: absolute;
inset: 0;
width: 100%;
height: 100%;
pointer-events: none;
}
rect {
fill: none;
stroke-width: 2px;
}
.tag {
position: absolute;
transform: translateY(-100%);
padding: 0 6px;
font-size: 12px;
background: rgba(0, 0, 0, 0.72);
color: #fff;
pointer-events: none;
max-width: 100%;
overflow: hidden;
text-overflow: ellipsis;
white-space: nowrap;
}
`,ml=5e3;class gl extends q{constructor(t,s,i=Date.now){super(),this.api=t,this.report=s,this.now=i,this.directions=[],this.positions=[],this.held=null,this.cameraId="",this.movement=null,this.permittedUntil=0}async show(t){if(t===this.cameraId)return;this.release(),Object.assign(this,{cameraId:t,directions:[],positions:[],permittedUntil:0}),this.changed();const{directions:s}=await this.api.directions(t).catch(()=>({directions:[]}));if(this.cameraId!==t||!s.length)return;this.directions=s,this.changed();const{positions:i}=await this.api.positions(t).catch(()=>({positions:[]}));this.cameraId===t&&(this.positions=i,this.changed())}get isPermitted(){return this.now()<this.permittedUntil}async allow(t){const{seconds:s}=await this.api.allowMoves(this.cameraId,t);this.permittedUntil=this.now()+s*1e3-ml}hold(t){this.release();const s=this.api.move(this.cameraId,t);this.movement=s,this.held=t,this.changed(),s.catch(i=>{this.movement===s&&this.release(),this.report(i)})}release(){const{movement:t}=this;this.movement=null,t&&(this.held=null,this.changed(),t.then(s=>s(),()=>{}))}async goTo(t){this.release(),await this.api.goTo(this.cameraId,t)}}var bl=Object.defineProperty,vl=Object.getOwnPropertyDescriptor,Yi=(e,t,s,i)=>{for(var r=i>1?void 0:i?vl(t,s):t,n=e.length-1,a;n>=0;n--)(a=e[n])&&(r=(i?a(t,s,r):a(r))||r);return i&&r&&bl(t,s,r),r};const Ji={left:Kt,up:ir,down:sr,right:Oe,zoom_out:Rr,zoom_in:Nr},yl=Object.keys(Ji),Ks=[" ","Enter"],$l=500;let he=class extends x{constructor(){super(),this.releaseKey=e=>{Ks.includes(e.key)&&(e.preventDefault(),this.release())},this.release=()=>{clearTimeout(this.clickTimer),this.mover?.release()},this.choose=async e=>{const t=e.target,{value:s}=t;t.selectedIndex=0;const{mover:i}=this;if(!(!i||!s))try{if(this.takesPin&&!await this.askForPin(i))return;await i.goTo(s)}catch(r){await this.explain(r)}},new _(this,()=>this.mover)}connectedCallback(){super.connectedCallback(),this.mover??=new gl(this.page.api,e=>{this.explain(e)});for(const e of["blur","pagehide"])window.addEventListener(e,this.release)}disconnectedCallback(){super.disconnectedCallback();for(const e of["blur","pagehide"])window.removeEventListener(e,this.release);this.release(),this.mover=void 0}willUpdate(e){super.willUpdate(e),this.system?.ready&&this.mover?.show(this.camera.id)}get isArmed(){return this.system?.alarm.state!=="disarmed"}render(){const{mover:e,texts:t}=this;return!e?.directions.length||this.isArmed&&!this.canControl?h:o`<div class="pad" role="group" aria-label=${t.get("live.move")}>
${yl.filter(s=>e.directions.includes(s)).map(s=>this.renderButton(s))}
${e.positions.length?this.renderPositions():h}
</div>`}renderButton(e){const t=this.texts.get(`live.move_${e}`);return o`<button
class="button icon hold"
aria-label=${t}
aria-pressed=${this.mover?.held===e}
title=${`${t} (${this.texts.get("live.move_hold")})`}
@pointerdown=${s=>this.press(s,e)}
@pointerup=${this.release}
@pointercancel=${this.release}
@lostpointercapture=${this.release}
@contextmenu=${s=>s.preventDefault()}
@keydown=${s=>this.pressKey(s,e)}
@keyup=${this.releaseKey}
@blur=${this.release}
@click=${s=>this.clickOnce(s,e)}
>
${f(Ji[e])}
</button>`}renderPositions(){const e=this.texts.get("live.positions");return o`<select class="field" aria-label=${e} @change=${this.choose}>
<option value="" selected>${e}</option>
${this.mover?.positions.map(({id:t,name:s})=>o`<option value=${t}>${s}</option>`)}
</select>`}press(e,t){e.button!==0||!e.isPrimary||(e.stopPropagation(),e.currentTarget.setPointerCapture(e.pointerId),this.hold(t))}pressKey(e,t){Ks.includes(e.key)&&(e.preventDefault(),e.repeat||this.hold(t))}clickOnce(e,t){e.detail===0&&(this.hold(t),this.clickTimer=setTimeout(this.release,$l))}hold(e){clearTimeout(this.clickTimer);const{mover:t}=this;t&&(this.takesPin?this.askForPin(t):t.hold(e))}get takesPin(){return this.isArmed&&this.system?.alarm.code_format!==null&&!this.mover?.isPermitted}async askForPin(e){try{const t=this.texts.get("live.move"),s=await xt(this,t,i=>e.allow(i));return s&&this.page.showMessage(this.texts.get("live.move_allowed")),s}catch(t){return this.page.showMessage(this.texts.error(t),"error"),!1}}async explain(e){this.mover&&Ci(e)?await this.askForPin(this.mover):this.page.showMessage(this.texts.error(e),"error")}};he.styles=[w,b`
:host {
display: contents;
}
.pad {
display: flex;
flex-wrap: wrap;
gap: 8px;
}
.hold {
touch-action: none;
user-select: none;
-webkit-user-select: none;
-webkit-touch-callout: none;
}
.field {
max-width: 220px;
}
`];Yi([p({attribute:!1})],he.prototype,"camera",2);he=Yi([$("homesec-move-pad")],he);const wl=2e4,xl=15e3;async function Cl(e,t){const s={type:"camera/capabilities",entity_id:t};return(await e.callWS(s).catch(()=>null))?.two_way_audio===!0}class _l extends q{constructor(t){super(),this.options=t,this.isHeld=!1,this.isConnected=!1,this.track=null,this.controller=null}get state(){return this.controller?this.isConnected?this.isHeld?"talking":"waiting":"connecting":"off"}press(){this.isHeld=!0,this.controller?this.follow():this.connect()}release(){this.isHeld=!1,this.follow()}close(){clearTimeout(this.timer),this.controller?.abort(),this.track?.stop(),Object.assign(this,{controller:null,track:null,isConnected:!1,isHeld:!1}),this.changed()}follow(){this.track&&(this.track.enabled=this.isHeld),this.isConnected&&(clearTimeout(this.timer),this.isHeld||(this.timer=setTimeout(()=>this.close(),wl))),this.changed()}async connect(){const t=new AbortController,{signal:s}=t;this.controller=t,this.changed();const i=u=>{s.aborted||(this.close(),this.options.report(u))},r=await this.openMicrophone(i);if(!r)return;if(s.aborted){r.stop();return}this.track=r,r.enabled=this.isHeld;const n=()=>i("not_connected");this.timer=setTimeout(n,xl);const{hass:a,entity:l,create:c}=this.options;await Zi({hass:a(),entity:l,signal:s,microphone:r,report:{playing:()=>this.connected(),failed:n,unplayable:n,timed:()=>{}},silenced:()=>{},...c?{create:c}:{}}).catch(n)}connected(){clearTimeout(this.timer),this.isConnected=!0,this.follow()}async openMicrophone(t){const s=this.options.devices??navigator.mediaDevices;if(!s)return t("insecure"),null;try{const[i]=(await s.getUserMedia({audio:!0})).getAudioTracks();if(i)return i;t("no_microphone")}catch(i){t(i.name==="NotAllowedError"?"denied":"no_microphone")}return null}}var Ml=Object.defineProperty,kl=Object.getOwnPropertyDescriptor,es=(e,t,s,i)=>{for(var r=i>1?void 0:i?kl(t,s):t,n=e.length-1,a;n>=0;n--)(a=e[n])&&(r=(i?a(t,s,r):a(r))||r);return i&&r&&Ml(t,s,r),r};const Gs=[" ","Enter"];let Wt=class extends x{constructor(){super(),this.entity=null,this.asked=null,this.release=()=>this.talk?.release(),new _(this,()=>this.talk)}connectedCallback(){super.connectedCallback(),window.addEventListener("blur",this.release)}disconnectedCallback(){super.disconnectedCallback(),window.removeEventListener("blur",this.release),this.hangUp(),this.asked=this.entity=null}willUpdate(e){super.willUpdate(e);const{source_entity_id:t}=this.camera;t!==this.asked&&(this.hangUp(),this.asked=t,this.entity=null,t&&this.ask(t))}async ask(e){await Cl(this.page.hass(),e)&&this.asked===e&&(this.entity=e)}hangUp(){this.talk?.close(),this.talk=void 0}render(){if(!this.entity)return h;const{texts:e}=this,t=this.talk?.state??"off",s={off:e.get("live.talk"),waiting:e.get("live.talk"),connecting:e.get("live.talk_connecting"),talking:e.get("live.talk_now")}[t];return o`<button
class="button small"
aria-pressed=${t==="talking"}
title=${e.get("live.talk_hold")}
@pointerdown=${this.press}
@pointerup=${this.release}
@pointercancel=${this.release}
@lostpointercapture=${this.release}
@contextmenu=${i=>i.preventDefault()}
@keydown=${this.pressKey}
@keyup=${this.releaseKey}
@blur=${this.release}
@click=${this.clickOnce}
>
${f(t==="talking"?Fr:Br)}${s}
</button>`}press(e){e.button!==0||!e.isPrimary||(e.currentTarget.setPointerCapture(e.pointerId),this.hold())}pressKey(e){Gs.includes(e.key)&&(e.preventDefault(),e.repeat||this.hold())}releaseKey(e){Gs.includes(e.key)&&(e.preventDefault(),this.release())}clickOnce(e){e.detail===0&&(this.talk?.isHeld?this.release():this.hold())}hold(){const{entity:e,page:t,camera:s}=this;e&&(this.talk??=new _l({hass:()=>t.hass(),entity:e,report:i=>{const r=t.texts.get(`live.talk_${i}`,{camera:s.name});t.showMessage(r,"error")}}),this.talk.press(),this.requestUpdate())}};Wt.styles=[w,b`
:host {
display: contents;
}
.button {
touch-action: none;
user-select: none;
-webkit-user-select: none;
-webkit-touch-callout: none;
}
`];es([p({attribute:!1})],Wt.prototype,"camera",2);es([g()],Wt.prototype,"entity",2);Wt=es([$("homesec-talk")],Wt);var Ll=Object.defineProperty,Hl=Object.getOwnPropertyDescriptor,W=(e,t,s,i)=>{for(var r=i>1?void 0:i?Hl(t,s):t,n=e.length-1,a;n>=0;n--)(a=e[n])&&(r=(i?a(t,s,r):a(r))||r);return i&&r&&Ll(t,s,r),r};const Xs="homesec-live-silent",Ys=16/9,Al=200,Vl=3e3;let T=class extends x{constructor(){super(),this.sound=localStorage.getItem(Xs)!=="1",this.boxesWanted=!1,this.isUntimed=!1,this.isFullscreen=!1,this.ratio=Ys,this.isSeen=!1,this.shown="",this.touch=null,this.untimedSince=null,this.handleFullscreen=()=>{this.isFullscreen=document.fullscreenElement!==null},this.handleKey=e=>{const t=ts(e);t==="f"?this.toggleFullscreen():t==="m"&&this.live?.playing&&this.toggleSound()},new _(this,()=>this.boxes)}connectedCallback(){super.connectedCallback(),this.boxes??=new ul(this.page.api),document.addEventListener("fullscreenchange",this.handleFullscreen),window.addEventListener("keydown",this.handleKey)}disconnectedCallback(){super.disconnectedCallback(),document.removeEventListener("fullscreenchange",this.handleFullscreen),window.removeEventListener("keydown",this.handleKey),clearInterval(this.timer),this.boxes?.follow(null),this.boxes=void 0,this.boxesWanted=!1}willUpdate(e){super.willUpdate(e);const{id:t,health:s}=this.camera;t!==this.shown&&(this.ratio=Ys,this.isUntimed=!1),(t!==this.shown||s==="lost")&&(this.isSeen=!1),this.shown=t;const i=this.boxesWanted&&s==="running"?t:null;this.boxes?.follow(i).catch(r=>{this.boxesWanted=!1,this.page.showMessage(this.texts.error(r),"error")})}get isWatchable(){const{entity_id:e,disabled:t,health:s}=this.camera;return e!==null&&!t&&s!=="lost"&&!!this.system?.ready}render(){const{camera:e,page:t,isWatchable:s}=this;return o`<div
class="stage"
@dblclick=${this.toggleFullscreen}
@pointerdown=${this.startTouch}
@pointerup=${this.endTouch}
@pointercancel=${()=>this.touch=null}
>
<div class="frame" style="--ratio:${this.ratio}">
${this.isSeen||e.health==="running"?h:o`<homesec-last-picture .page=${t} .camera=${e}></homesec-last-picture>`}
${s?ll(e.id,this.renderVideo()):h}
${this.boxesWanted?this.renderBoxes():h}
<span class="state"
>${zi(t,e)}${Di(t,e)}${this.renderOff()}</span
>
<span class="who">${Ii(t,e)}</span>
</div>
</div>
<div class="toolbar" role="toolbar" aria-label=${this.texts.get("live.actions")}>
${this.renderActions()}
${s?o`<homesec-talk .page=${t} .camera=${e}></homesec-talk
><homesec-move-pad .page=${t} .camera=${e}></homesec-move-pad>`:h}
</div>`}renderVideo(){const{camera:e}=this;return o`<homesec-live-video
.hass=${this.page.hass}
.entity=${e.entity_id}
.sound=${this.sound}
.mode=${this.boxesWanted&&this.isUntimed?"brief":"full"}
text=${this.texts.get("cameras.picture",{camera:e.name})}
@ratio=${t=>this.ratio=t.detail}
@picture=${()=>this.isSeen=!0}
@live=${this.handleLive}
@silenced=${()=>this.sound=!1}
></homesec-live-video>`}renderBoxes(){const e=this.live?.playing==="hls",t=this.live?.liveT()??null,i=(e&&t===null?[]:this.boxes?.current(e?t:null)??[]).map(({label:r,score:n,box:[a,l,c,u]},m)=>({track:m,label:r,score:n,x:a,y:l,width:c-a,height:u-l}));return Gi(this.page,i)}renderOff(){if(this.camera.health!=="off"||!this.isWatchable)return h;const e=this.texts.get(this.live?.playing?"live.only_watched":"live.opening");return o`<span class="badge" role="status">${e}</span>`}renderActions(){const{camera:e,page:t,texts:s,isWatchable:i}=this,r=e.health==="running",n=i&&(this.live?.playing??null)!==null,a=(l,c,u,m)=>o`<button class="button small" aria-pressed=${m??h} @click=${u}>
${f(l)}${c}
</button>`;return o`${n?a(this.sound?hn:dn,s.get(this.sound?"live.sound_off":"live.sound_on"),()=>this.toggleSound()):h}
${this.canControl&&r?a(e.recording_manually?fi:ui,le(t,e),()=>{Ei(this,e)},e.recording_manually):h}
${this.canControl&&e.health==="off"&&this.isSeen?a(pi,s.get("cameras.turn_on"),()=>{Ti(t,e)}):h}
${i&&(r||this.isSeen)?a(dr,s.get("live.snapshot"),()=>{Fa(t,e)}):h}
${this.system?.user.is_admin&&r?a(mi,s.get("clip.boxes"),()=>this.toggleBoxes(),this.boxesWanted):h}
${document.fullscreenEnabled||n?a(this.isFullscreen?Pr:Or,s.get(this.isFullscreen?"live.window":"live.fullscreen"),()=>this.toggleFullscreen()):h}`}handleLive(){this.live?.playing&&(this.isSeen=!0),this.requestUpdate()}toggleSound(){this.sound=!this.sound,localStorage.setItem(Xs,this.sound?"0":"1")}toggleBoxes(){this.boxesWanted=!this.boxesWanted,clearInterval(this.timer),this.isUntimed=!1,this.untimedSince=null,this.boxesWanted&&(this.timer=setInterval(()=>this.followBoxes(),Al))}followBoxes(){const{live:e}=this;e?.playing!=="hls"||e.liveT()!==null?this.untimedSince=null:(this.untimedSince??=performance.now(),this.isUntimed||=performance.now()-this.untimedSince>Vl),this.requestUpdate()}toggleFullscreen(){document.fullscreenElement?document.exitFullscreen():document.fullscreenEnabled?this.requestFullscreen().catch(()=>{}):this.live?.enterFullscreen()}startTouch(e){const t=e.pointerType==="touch"&&e.isPrimary;this.touch=t?Js(e):null}endTouch(e){const t=this.touch&&e.isPrimary?dl(this.touch,Js(e)):0;this.touch=null,t&&this.dispatchEvent(new CustomEvent("step",{detail:t}))}};T.styles=[w,Xi,Ui,b`
:host {
display: grid;
grid-template-columns: minmax(0, 1fr);
gap: 8px;
}
.stage {
display: grid;
place-items: center;
background: #000;
border-radius: var(--hs-radius);
overflow: hidden;
touch-action: pan-y pinch-zoom;
user-select: none;
-webkit-user-select: none;
}
.frame {
position: relative;
/* Show the whole picture, with the boxes at their positions. */
width: min(100%, 72vh * var(--ratio));
aspect-ratio: var(--ratio);
}
homesec-last-picture,
homesec-live-video {
position: absolute;
inset: 0;
}
homesec-live-video {
pointer-events: none;
--live-background: transparent;
--live-fit: contain;
}
.toolbar {
display: flex;
flex-wrap: wrap;
gap: 8px;
}
:host(:fullscreen) {
grid-template-rows: minmax(0, 1fr) auto;
gap: 0;
background: #000;
/* For the buttons in other elements, too. */
--hs-text: #fff;
--hs-soft: rgba(255, 255, 255, 0.16);
--hs-card: #222;
--hs-tone: color-mix(in srgb, var(--hs-accent) 35%, var(--hs-card));
}
:host(:fullscreen) .stage {
border-radius: 0;
}
:host(:fullscreen) .frame {
width: min(100%, (100vh - 60px) * var(--ratio));
}
:host(:fullscreen) .toolbar {
justify-content: center;
padding: 8px;
}
`];W([p({attribute:!1})],T.prototype,"camera",2);W([g()],T.prototype,"sound",2);W([g()],T.prototype,"boxesWanted",2);W([g()],T.prototype,"isUntimed",2);W([g()],T.prototype,"isFullscreen",2);W([g()],T.prototype,"ratio",2);W([g()],T.prototype,"isSeen",2);W([H("homesec-live-video")],T.prototype,"live",2);T=W([$("homesec-live-stage")],T);function Js({clientX:e,clientY:t,timeStamp:s}){return{x:e,y:t,at:s}}var Sl=Object.defineProperty,Ol=Object.getOwnPropertyDescriptor,Qi=(e,t,s,i)=>{for(var r=i>1?void 0:i?Ol(t,s):t,n=e.length-1,a;n>=0;n--)(a=e[n])&&(r=(i?a(t,s,r):a(r))||r);return i&&r&&Sl(t,s,r),r};const Pl=12;let de=class extends x{constructor(){super(),this.cameraId="",this.listed="",this.onKey=e=>this.handleKey(e),new _(this,()=>this.list)}connectedCallback(){super.connectedCallback(),this.list??=new Ge(this.page.api),this.list.subscribe().catch(()=>{}),window.addEventListener("keydown",this.onKey),this.requestUpdate()}disconnectedCallback(){super.disconnectedCallback(),this.list?.unsubscribe(),this.list=void 0,this.listed="",window.removeEventListener("keydown",this.onKey)}engineStarted(){this.list?.retry()}willUpdate(e){super.willUpdate(e),!(this.cameraId===this.listed||!this.list)&&(this.listed=this.cameraId,this.list.show(ge(this.filter,C(),this.format.zone)))}get filter(){return{...Ct,cameras:[this.cameraId]}}render(){const e=this.page.system.camera(this.cameraId);return e?o`<div class="page">
<div class="head">
${this.renderBack()}
<h2>${e.name}</h2>
${this.renderNeighbor(-1,Pe,this.texts.get("live.previous"))}
${this.renderNeighbor(1,pe,this.texts.get("live.next"))}
</div>
<homesec-health-strip .page=${this.page} .cameraId=${e.id}></homesec-health-strip>
<homesec-live-stage
.page=${this.page}
.camera=${e}
@step=${t=>this.step(t.detail)}
></homesec-live-stage>
${this.renderClips(e)}
</div>`:o`<div class="page">
<div class="head">${this.renderBack()}</div>
<p class="card empty" role="alert">${this.texts.get("live.gone")}</p>
</div>`}renderBack(){const e=this.texts.get("live.back");return o`<a
class="button icon plain"
href=${k}
aria-label=${e}
title=${e}
@click=${L}
>${f(Kt)}</a
>`}renderNeighbor(e,t,s){const i=this.page.system.neighbor(this.cameraId,e);if(!i)return h;const r=`${s}: ${i.name}`;return o`<button
class="button icon"
aria-label=${r}
title=${r}
@click=${()=>this.step(e)}
>
${f(t)}
</button>`}renderClips(e){const t=Zt(this.filter);return o`<section aria-labelledby="clips">
<div class="title">
<h3 id="clips">${this.texts.get("live.clips")}</h3>
<a
class="button small plain"
href="${k}/clips${t}"
aria-label=${`${this.texts.get("overview.all")}: ${e.name}`}
@click=${L}
>${this.texts.get("overview.all")}${f(Oe)}</a
>
</div>
${this.renderCards(t)}
</section>`}renderCards(e){const{list:t,texts:s}=this;if(!t)return h;if(t.error)return o`<p class="card bad" role="alert">${s.error(t.error)}</p>`;if(!t.ready)return o`<p class="empty">${s.get("clips.loading")}</p>`;if(!t.clips.length)return o`<p class="card empty">${s.get("live.no_clips")}</p>`;const i=innerWidth<600?170:240;return o`<div class="clips">
${Mt(t.clips.slice(0,Pl),r=>r.id,r=>Be(this.page,r,{search:e,width:i,onClick:L}))}
</div>`}step(e){const t=this.page.system.neighbor(this.cameraId,e);t&&U(A({view:"camera",id:t.id}),{replace:!0})}handleKey(e){const t=ts(e);t==="ArrowLeft"?this.step(-1):t==="ArrowRight"?this.step(1):t==="Escape"&&!document.fullscreenElement&&U(k)}};de.styles=[w,N,We,b`
:host {
display: block;
overflow-y: auto;
}
.page {
display: grid;
grid-template-columns: minmax(0, 1fr);
gap: 12px;
padding: 8px 16px 24px;
max-width: 1600px;
margin: 0 auto;
}
.head {
display: flex;
align-items: center;
gap: 8px;
}
h2 {
flex: 1;
min-width: 0;
overflow-wrap: anywhere;
}
.title {
display: flex;
align-items: center;
justify-content: space-between;
margin-bottom: 8px;
}
.title .button {
margin-inline-end: -8px; /* its text ends nearly where the cards do */
}
.clips {
display: grid;
gap: 12px;
grid-template-columns: repeat(auto-fill, minmax(min(46%, 200px), 1fr));
}
@media (max-width: 600px) {
.page {
padding: 4px 8px 16px;
}
}
`];Qi([p()],de.prototype,"cameraId",2);de=Qi([$("homesec-camera")],de);class El extends Ke{constructor(t){super(t),this.api=t,this.detail=null,this.error=null,this.deleted=!1,this.id="",this.filter={}}async show(t,s){t!==this.id&&(this.detail=null),this.id=t,this.filter=s,this.deleted=!1,this.error=null,this.changed();try{const i=await this.api.clip(t,s);if(t!==this.id)return;this.detail=i}catch(i){if(t!==this.id)return;this.error=i}this.changed()}handleEvent(t){if("unavailable"in t){t.unavailable||this.show(this.id,this.filter);return}if("stale"in t){this.id&&this.show(this.id,this.filter);return}if("removed"in t){t.removed===this.id&&(this.deleted=!0,this.changed());return}const{clip:s}=t;if(this.detail)if(s.id===this.id){const i=this.detail.clip.state==="recording"&&s.state!=="recording";this.detail={...this.detail,clip:s},this.changed(),i&&this.show(this.id,this.filter)}else this.detail.next===null&&s.id>this.id&&this.show(this.id,this.filter)}}async function Tl(e,t){if(navigator.share&&matchMedia("(pointer: coarse)").matches)try{return await navigator.share({url:e,title:t}),"shared"}catch(s){if(s.name==="AbortError")return"shared"}try{return await navigator.clipboard.writeText(e),"copied"}catch{return zl(e)?"copied":null}}function zl(e){const t=document.createElement("textarea");t.value=e,t.style.position="fixed",t.style.opacity="0",document.body.append(t),t.select();const s=document.execCommand("copy");return t.remove(),s}var Dl=Object.defineProperty,Il=Object.getOwnPropertyDescriptor,Yt=(e,t,s,i)=>{for(var r=i>1?void 0:i?Il(t,s):t,n=e.length-1,a;n>=0;n--)(a=e[n])&&(r=(i?a(t,s,r):a(r))||r);return i&&r&&Dl(t,s,r),r};let ht=class extends O{constructor(){super(...arguments),this.text="",this.yes="",this.no="",this.answer=null}async confirm(e,t,s){return Object.assign(this,{text:e,yes:t,no:s}),await this.updateComplete,this.dialog.returnValue="",this.dialog.showModal(),new Promise(i=>this.answer=i)}render(){return o`<dialog
role="alertdialog"
aria-labelledby="text"
@close=${()=>this.answer?.(this.dialog.returnValue==="yes")}
@keydown=${e=>e.stopPropagation()}
>
<form method="dialog">
<p id="text">${this.text}</p>
<div>
<button class="button" value="no">${this.no}</button>
<button class="button strong danger" value="yes">${this.yes}</button>
</div>
</form>
</dialog>`}};ht.styles=[w,b`
dialog {
border: none;
border-radius: var(--hs-radius);
background: var(--hs-card);
color: var(--hs-text);
padding: 24px;
max-width: min(420px, calc(100vw - 32px));
box-shadow: 0 8px 32px rgba(0, 0, 0, 0.4);
}
dialog::backdrop {
background: rgba(0, 0, 0, 0.5);
}
p {
margin: 0 0 20px;
font-size: 16px;
}
div {
display: flex;
justify-content: flex-end;
gap: 8px;
flex-wrap: wrap;
}
`];Yt([p()],ht.prototype,"text",2);Yt([p()],ht.prototype,"yes",2);Yt([p()],ht.prototype,"no",2);Yt([H("dialog")],ht.prototype,"dialog",2);ht=Yt([$("homesec-confirm-dialog")],ht);function tr(e,t,s){const{texts:i}=e,r=i.count("clips.deleted",t.length);if(!s)return e.showMessage(r);e.showMessage(r,"info",{text:i.get("deleted.undo"),run:async()=>{const{restored:n,refused:a}=await e.api.restore(t);a[0]?e.showMessage(i.problem(a[0].error),"error"):e.showMessage(i.count("deleted.restored",n.length))}})}function er(e,t){const s=e.system.state?.storage.keeps_deleted??!1;return e.texts.count(s?"clips.delete_kept_sure":"clips.delete_sure",t)}var Ul=Object.defineProperty,Rl=Object.getOwnPropertyDescriptor,Pt=(e,t,s,i)=>{for(var r=i>1?void 0:i?Rl(t,s):t,n=e.length-1,a;n>=0;n--)(a=e[n])&&(r=(i?a(t,s,r):a(r))||r);return i&&r&&Ul(t,s,r),r};let Q=class extends x{constructor(){super(...arguments),this.boxes=!1,this.tracked=!1,this.busy=!1}render(){const{clip:e,texts:t}=this,s=(r,n,a,l="")=>o`<button
class="button small ${l}"
?disabled=${this.busy}
@click=${()=>{this.run(a)}}
>
${f(r)}${n}
</button>`,i=e.state!=="recording";return o`<div role="toolbar" aria-label=${t.get("clip.actions")}>
${this.tracked?o`<button
class="button small"
aria-pressed=${this.boxes}
@click=${()=>this.dispatchEvent(new CustomEvent("boxes"))}
>
${f(mi)}${t.get("clip.boxes")}
</button>`:h}
${i&&e.film?s(Lr,t.get("clip.download"),()=>this.download()):h}
${s(Jr,t.get("clip.share"),()=>this.share())}
${this.canControl?o`${s(e.protected?Te:ue,t.get(e.protected?"clip.unprotect":"clip.protect"),()=>this.protect())}
${i?s(Ee,t.get("clip.delete"),()=>this.delete(),"danger"):h}`:h}
</div>
<homesec-confirm-dialog></homesec-confirm-dialog>`}async run(e){if(!this.busy){this.busy=!0;try{await e()}catch(t){this.page.showMessage(this.texts.error(t),"error")}this.busy=!1}}async download(){const e=document.createElement("a");e.href=await this.page.api.signed(`${this.clip.film}?download=1`),e.download="",e.click()}async share(){const t=(this.system?.external_url??location.origin)+A({view:"clip",id:this.clip.id}),s=await Tl(t,this.clip.camera);s==="copied"&&this.page.showMessage(this.texts.get("clip.copied")),s===null&&this.page.showMessage(t)}async protect(){const{id:e,protected:t}=this.clip,s=this.texts.get(t?"clip.unprotect":"clip.protect");await(t?j:mt)(this,s,async i=>{await this.page.api.protect([e],!t,i)})}async delete(){const{texts:e,clip:t}=this;if(!await this.dialog.confirm(er(this.page,1),e.get("clip.delete"),e.get("common.cancel")))return;let i=[],r=!1;if(await j(this,e.get("clip.delete"),async a=>{({refused:i,restorable:r}=await this.page.api.delete([t.id],a))})){if(i[0]){this.page.showMessage(e.problem(i[0].error),"error");return}tr(this.page,[t.id],r),this.dispatchEvent(new CustomEvent("deleted"))}}};Q.styles=[w,b`
div {
display: flex;
flex-wrap: wrap;
gap: 8px;
}
`];Pt([p({attribute:!1})],Q.prototype,"clip",2);Pt([p({type:Boolean})],Q.prototype,"boxes",2);Pt([p({type:Boolean})],Q.prototype,"tracked",2);Pt([g()],Q.prototype,"busy",2);Pt([H("homesec-confirm-dialog")],Q.prototype,"dialog",2);Q=Pt([$("homesec-clip-actions")],Q);const Nl=1.2,Qs=.3;function jl(e,t){const s=[];for(const{id:i,label:r,boxes:n}of e){const a=Zl(n,t);if(!a)continue;const[,l,c,u,m]=a,d=Math.max(...n.map(y=>y[5]));s.push({track:i,label:r,score:d,x:l,y:c,width:u-l,height:m-c})}return s}function Zl(e,t){let s=0,i=e.length;for(;s<i;){const a=s+i>>1;e[a][0]<=t?s=a+1:i=a}const r=e[s-1],n=e[s];if(r&&n&&n[0]-r[0]<=Nl){const a=(t-r[0])/(n[0]-r[0]);return r.map((l,c)=>l+(n[c]-l)*a)}return r&&t-r[0]<=Qs?r:n&&n[0]-t<=Qs?n:null}function Fl(e,t=2){const s=new Map;for(const{label:r,boxes:n}of e){const a=s.get(r)??[];for(const[l]of n)a.push(l);s.set(r,a)}const i=[];for(const[r,n]of s){let a=null;for(const l of n.sort((c,u)=>c-u))a&&l-a.to<=t?a.to=l:i.push(a={label:r,from:l,to:l})}return i.sort((r,n)=>r.from-n.from)}var Bl=Object.defineProperty,ql=Object.getOwnPropertyDescriptor,D=(e,t,s,i)=>{for(var r=i>1?void 0:i?ql(t,s):t,n=e.length-1,a;n>=0;n--)(a=e[n])&&(r=(i?a(t,s,r):a(r))||r);return i&&r&&Bl(t,s,r),r};const Wl=409;let S=class extends x{constructor(){super(...arguments),this.tracks=[],this.boxes=!1,this.replay=!1,this.source=null,this.failed=!1,this.locked=!1,this.at=0,this.length=0,this.requested=null,this.frame=null}disconnectedCallback(){super.disconnectedCallback(),this.video?.pause(),this.requested=this.source=null}seek(e){this.video&&(this.video.currentTime=e),this.at=e}get live(){return this.clip.state==="recording"&&!this.replay}willUpdate(e){super.willUpdate(e);const t=this.live?null:this.clip.film,s=t&&`${t} ${this.clip.state}`;s!==this.requested&&(this.requested=s,this.source=null,this.failed=!1,this.locked=!1,this.at=0,this.length=this.clip.duration,t&&s&&this.open(t,s))}async open(e,t){try{const s=await this.page.api.signed(e);t===this.requested&&(this.source=s)}catch{t===this.requested&&(this.failed=!0)}}render(){const{clip:e}=this,t=e.width&&e.height?e.width/e.height:16/9;return o`<div class="frame" style="--ratio:${t}">${this.renderPicture()}</div>
${this.live?h:this.renderMarks()}`}renderPicture(){const{clip:e,texts:t}=this;return this.live?o`<homesec-live
.hass=${this.page.hass}
.entity=${this.page.system.camera(e.camera_id)?.entity_id??null}
moving
text=${t.get("cameras.picture",{camera:e.camera})}
></homesec-live>`:this.failed||!e.film?o`<p class="none" role="alert">
${t.get(this.failure)}
</p>`:this.source?o`<video
src=${this.source}
poster=${e.still&&this.page.stills.peek(e.still)||h}
controls
playsinline
autoplay
preload="auto"
aria-label=${t.get("clip.film",{camera:e.camera})}
@error=${this.onError}
@loadedmetadata=${this.onMetadata}
@timeupdate=${this.onTime}
@seeking=${this.onTime}
@play=${this.followFrames}
></video>
${this.boxes?Gi(this.page,jl(this.tracks,this.at)):h}`:h}renderMarks(){const e=this.length||this.clip.duration,t=Fl(this.tracks);if(!e||!t.length)return h;const s=i=>Math.min(100,i/e*100);return o`<div
class="marks"
role="group"
aria-label=${this.texts.get("clip.marks")}
@click=${this.onMarks}
>
${t.map(({label:i,from:r,to:n})=>{const a=`${this.texts.label(i)} ${jt(r)} – ${jt(n)}`;return o`<button
class=${i==="person"?"people":""}
style="left:${s(r)}%;width:${s(n)-s(r)}%"
title=${a}
aria-label=${a}
@click=${l=>{l.stopPropagation(),this.seek(r)}}
></button>`})}
<span class="at" style="left:${s(this.at)}%"></span>
</div>`}onMarks(e){const t=e.currentTarget.getBoundingClientRect();this.seek((e.clientX-t.left)/t.width*(this.length||this.clip.duration))}onError(){this.clip.state==="recording"?this.dispatchEvent(new CustomEvent("not-yet")):this.findReason()}async findReason(){const{source:e}=this;if(e){const t=await fetch(e,{headers:{Range:"bytes=0-0"}}).catch(()=>null);if(e!==this.source)return;this.locked=t?.status===Wl}this.failed=!0}get failure(){return this.clip.film?this.locked?"clip.needs_private_key":"clip.cannot_play":"clip.no_film"}onMetadata(){const e=this.video?.duration??0;Number.isFinite(e)&&e>0&&(this.length=e)}onTime(){this.video&&(this.at=this.video.currentTime)}followFrames(){const{video:e}=this;if(this.frame!==null||!e||!("requestVideoFrameCallback"in e))return;const t=(s,i)=>{this.frame=null,!(!this.isConnected||e!==this.video)&&(this.boxes&&(this.at=i.mediaTime),this.frame=e.requestVideoFrameCallback(t))};this.frame=e.requestVideoFrameCallback(t),e.addEventListener("emptied",()=>this.frame=null,{once:!0})}};S.styles=[w,Xi,b`
:host {
display: block;
}
.frame {
position: relative;
background: #000;
border-radius: var(--hs-radius);
overflow: hidden;
/* Show the whole picture, with the boxes at their positions. */
width: min(100%, 72vh * var(--ratio));
aspect-ratio: var(--ratio);
margin: 0 auto;
}
video,
homesec-live {
display: block;
width: 100%;
height: 100%;
aspect-ratio: auto;
}
.none {
display: grid;
place-items: center;
height: 100%;
margin: 0;
padding: 16px;
color: #e6e6e6;
text-align: center;
}
.marks {
position: relative;
height: 44px;
margin-top: 8px;
border-radius: 6px;
background: var(--hs-soft);
cursor: pointer;
overflow: hidden;
}
.marks button {
position: absolute;
top: 0;
bottom: 0;
min-width: 6px;
padding: 4px 0;
border: none;
border-radius: 6px;
background: color-mix(in srgb, var(--hs-text) 45%, transparent) content-box;
cursor: pointer;
}
.marks button.people {
background-color: var(--hs-accent);
}
.at {
position: absolute;
top: 0;
bottom: 0;
width: 2px;
background: var(--hs-text);
pointer-events: none;
}
`];D([p({attribute:!1})],S.prototype,"clip",2);D([p({attribute:!1})],S.prototype,"tracks",2);D([p({type:Boolean})],S.prototype,"boxes",2);D([p({type:Boolean})],S.prototype,"replay",2);D([g()],S.prototype,"source",2);D([g()],S.prototype,"failed",2);D([g()],S.prototype,"locked",2);D([g()],S.prototype,"at",2);D([g()],S.prototype,"length",2);D([H("video")],S.prototype,"video",2);S=D([$("homesec-video-player")],S);var Kl=Object.defineProperty,Gl=Object.getOwnPropertyDescriptor,Jt=(e,t,s,i)=>{for(var r=i>1?void 0:i?Gl(t,s):t,n=e.length-1,a;n>=0;n--)(a=e[n])&&(r=(i?a(t,s,r):a(r))||r);return i&&r&&Kl(t,s,r),r};const ti="homesec-boxes";let dt=class extends x{constructor(){super(),this.clipId="",this.search="",this.boxes=localStorage.getItem(ti)==="1",this.replay=!1,this.requested=null,this.onKey=e=>this.step(e),new _(this,()=>this.store)}connectedCallback(){super.connectedCallback(),this.store??=new El(this.page.api),this.store.subscribe().catch(()=>{}),window.addEventListener("keydown",this.onKey)}disconnectedCallback(){super.disconnectedCallback(),this.store?.unsubscribe(),this.store=void 0,this.requested=null,window.removeEventListener("keydown",this.onKey)}willUpdate(e){super.willUpdate(e);const t=this.clipId+this.search;if(t===this.requested||!this.store)return;this.requested=t,this.replay=!1;const s=ge(Ze(this.search),C(),this.format.zone);this.store.show(this.clipId,s)}engineStarted(){this.requested=null,this.requestUpdate()}render(){const{store:e,texts:t}=this;return e?e.error||e.deleted?o`<div class="page">
${this.renderBack()}
<p class="card empty" role="alert">
${e.deleted?t.get("clip.gone"):t.error(e.error)}
</p>
</div>`:e.detail?this.renderClip(e.detail):o`<div class="page">
${this.renderBack()}
<p class="empty" role="status">${t.get("common.loading")}</p>
</div>`:h}renderClip(e){const{clip:t,tracks:s}=e,{texts:i}=this;return o`<div class="page">
<div class="head">
${this.renderBack()}
<div class="title">
<h2>${t.camera}: ${qe(this.page,t)}</h2>
<p class="quiet">${this.format.dateTime(t.event)}</p>
</div>
${this.renderNeighbor(e.previous,Pe,i.get("clip.older"))}
${this.renderNeighbor(e.next,pe,i.get("clip.newer"))}
</div>
<homesec-video-player
.page=${this.page}
.clip=${t}
.tracks=${s}
.boxes=${this.boxes}
.replay=${this.replay}
@not-yet=${()=>this.replay=!1}
></homesec-video-player>
${t.state==="recording"?this.renderRecording(t):h}
<homesec-clip-actions
.page=${this.page}
.clip=${t}
.boxes=${this.boxes}
.tracked=${s.length>0}
@boxes=${this.toggleBoxes}
@deleted=${()=>this.afterDelete(e)}
></homesec-clip-actions>
<section class="card" aria-label=${i.get("clip.facts")}>
${aa(this.page,t)}
</section>
</div>`}renderBack(){return o`<a
class="button icon plain"
href="${k}/clips${this.search}"
aria-label=${this.texts.get("clip.back")}
title=${this.texts.get("clip.back")}
@click=${L}
>${f(Kt)}</a
>`}renderNeighbor(e,t,s){return e===null?o`<button class="button icon" disabled aria-label=${s}>${f(t)}</button>`:o`<a
class="button icon"
href=${A({view:"clip",id:e})+this.search}
aria-label=${s}
title=${s}
@click=${this.openNeighbor}
>${f(t)}</a
>`}renderRecording(e){return o`<div class="card recording" role="status">
<span class="dot"></span><span>${this.texts.get(this.replay?"clip.growing_film":"clip.growing")}</span>
${this.page.system.camera(e.camera_id)?o`<a
class="button small"
href=${A({view:"camera",id:e.camera_id})}
@click=${L}
>${f(li)}${this.texts.get("live.open")}</a
>`:h}
${e.film?o`<button
class="button small"
aria-pressed=${this.replay}
@click=${()=>this.replay=!this.replay}
>
${f(Tr)}${this.texts.get("clip.from_start")}
</button>`:h}
</div>`}openNeighbor(e){const t=e.currentTarget;e.button!==0||e.metaKey||e.ctrlKey||e.shiftKey||(e.preventDefault(),U(t.getAttribute("href")??k,{replace:!0}))}step(e){const t=ol(e),{detail:s}=this.store??{},i=t==="ArrowLeft"?s?.previous:t==="ArrowRight"?s?.next:null;i&&U(A({view:"clip",id:i})+this.search,{replace:!0})}toggleBoxes(){this.boxes=!this.boxes,localStorage.setItem(ti,this.boxes?"1":"0")}afterDelete({previous:e,next:t}){const s=e??t,i=s===null?`${k}/clips`:A({view:"clip",id:s});U(i+this.search,{replace:!0})}};dt.styles=[w,N,Hi,b`
:host {
display: block;
overflow-y: auto;
}
.page {
display: grid;
grid-template-columns: minmax(0, 1fr);
gap: 12px;
padding: 12px 16px 24px;
max-width: 1080px;
margin: 0 auto;
}
.head {
display: flex;
align-items: center;
gap: 8px;
}
.title {
flex: 1;
min-width: 0;
}
.title p {
margin: 0;
}
.title {
overflow-wrap: anywhere;
}
.recording {
display: flex;
flex-wrap: wrap;
align-items: center;
gap: 12px;
padding: 8px 16px;
}
.recording span:nth-child(2) {
flex: 1;
}
.dot {
width: 12px;
height: 12px;
border-radius: 50%;
background: var(--error-color, #db4437);
animation: pulse 1.5s infinite;
}
@keyframes pulse {
50% {
opacity: 0.3;
}
}
@media (max-width: 600px) {
.page {
padding: 8px 8px 16px;
}
h2 {
font-size: 16px;
}
.title p {
font-size: 12px;
}
homesec-video-player {
--hs-radius: 8px;
}
}
`];Jt([p()],dt.prototype,"clipId",2);Jt([p()],dt.prototype,"search",2);Jt([g()],dt.prototype,"boxes",2);Jt([g()],dt.prototype,"replay",2);dt=Jt([$("homesec-clip")],dt);class Xl extends q{constructor(){super(...arguments),this.active=!1,this.ids=new Set,this.anchor=null}get size(){return this.ids.size}begin(t=null){this.active=!0,t!==null&&(this.ids.add(t),this.anchor=t),this.changed()}end(){this.active=!1,this.ids.clear(),this.anchor=null,this.changed()}toggle(t){this.active=!0,this.ids.delete(t)||this.ids.add(t),this.anchor=t,this.changed()}extend(t,s){const i=this.anchor===null?-1:s.indexOf(this.anchor),r=s.indexOf(t);if(i<0||r<0){this.toggle(t);return}this.active=!0;for(const n of s.slice(Math.min(i,r),Math.max(i,r)+1))this.ids.add(n);this.changed()}deselect(t){let s=!1;for(const i of t)s=this.ids.delete(i)||s;s&&this.changed()}}function Yl(e){let t="",s=1/0,i=-1/0;return r=>((r<s||r>=i)&&(t=V(r,e),{from:s,to:i}=Li(t,e)),t)}function Jl(e,t,s){const i=[];let r=0;for(let n=0;n<e.length;){const a=e[n].event,l=s(a);i.push({kind:"day",key:l,top:r,height:t.dayHeight,at:a}),r+=t.dayHeight;let c=n;for(;c<e.length&&s(e[c].event)===l;)c+=1;for(;n<c;n+=t.columns){const u=Math.min(t.columns,c-n),m=`${l}/${e[n].id}`;i.push({kind:"cards",key:m,top:r,height:t.cardHeight,first:n,count:u}),r+=t.cardHeight}n=c}return{rows:i,height:r}}function Ql(e,t,s){const{rows:i}=e;let r=0,n=i.length;for(;r<n;){const l=r+n>>1,c=i[l];c.top+c.height<=t?r=l+1:n=l}let a=r;for(;a<i.length&&i[a].top<s;)a+=1;return i.slice(r,a)}function ei(e,t){return e.rows.find(s=>s.kind==="cards"&&t>=s.first&&t<s.first+s.count)}function tc(e,t,s){return Math.max(1,Math.floor((e+s)/(t+s)))}var ec=Object.defineProperty,sc=Object.getOwnPropertyDescriptor,K=(e,t,s,i)=>{for(var r=i>1?void 0:i?sc(t,s):t,n=e.length-1,a;n>=0;n--)(a=e[n])&&(r=(i?a(t,s,r):a(r))||r);return i&&r&&ec(t,s,r),r};const X=12,ic=220,rc=156,nc=55,He=44,si=1,ac=3,oc=450;let z=class extends x{constructor(){super(),this.search="",this.selectable=!1,this.width=0,this.viewport={top:0,height:0},this.focused=null,this.layout={rows:[],height:0},this.laidOut=null,this.columns=1,this.cardWidth=0,this.today="",this.resized=new ResizeObserver(()=>this.measure()),this.pressed=!1,new _(this,()=>this.list),new _(this,()=>this.selection)}disconnectedCallback(){super.disconnectedCallback(),this.resized.disconnect()}firstUpdated(){this.resized.observe(this.scroller),this.focused=this.page.scrollPosition.focused,this.measure(),this.restoreScroll(this.page.scrollPosition.top)}async restoreScroll(e){await this.updateComplete,this.scroller.scrollTop=e,this.measure()}async show(e){this.arrange();const t=ei(this.layout,e),s=this.list.clips[e];if(!t||!s)return;const i=this.scroller.firstElementChild;this.scroller.scrollTop=Math.max(0,i.offsetTop+t.top-He),this.measure(),await this.focusOn(s.id)}refreshDays(){const e=V(C(),this.format.zone);e!==this.today&&this.requestUpdate(),this.today=e}scrollToTop(){this.scroller?.scrollTo({top:0})}measure(){const{clientWidth:e,clientHeight:t,scrollTop:s}=this.scroller;this.width=e-2*X,this.viewport={top:s,height:t}}onScroll(){this.isConnected&&(this.viewport={top:this.scroller.scrollTop,height:this.scroller.clientHeight},this.page.scrollPosition.top=this.viewport.top)}willUpdate(e){super.willUpdate(e),this.arrange()}updated(){this.layout.height-(this.viewport.top+this.viewport.height)<ac*this.viewport.height&&this.list.ready&&!this.list.error&&this.list.loadMore()}arrange(){const{clips:e}=this.list,{zone:t}=this.format,s=this.laidOut;if(s?.clips===e&&s.width===this.width&&s.zone===t)return;this.laidOut={clips:e,width:this.width,zone:t};const i=this.width<700?rc:ic;this.columns=tc(this.width,i,X),this.cardWidth=(this.width-(this.columns-1)*X)/this.columns;const r=Math.round(this.cardWidth*9/16)+nc+X;this.layout=Jl(e,{columns:this.columns,cardHeight:r,dayHeight:He},Yl(t))}render(){const{top:e,height:t}=this.viewport,s=this.width?Ql(this.layout,e-si*t,e+(1+si)*t):[];return o`<div class="scroller" @scroll=${this.onScroll} @keydown=${this.onKey}>
<div
class="all"
role="group"
aria-label=${this.texts.get("clips.title")}
style="height:${this.layout.height}px"
@pointerdown=${this.onPress}
@pointerup=${this.endPress}
@pointercancel=${this.endPress}
@pointermove=${this.onMove}
@contextmenu=${this.onContext}
>
${Mt(s,i=>i.key,i=>this.renderRow(i))}
</div>
${this.renderEnd()}
</div>`}renderRow(e){const t=`transform:translateY(${e.top}px);height:${e.height}px`;if(e.kind==="day"){const{key:n,text:a}=this.format.relativeDay(e.at,C());return o`<h2 class="day" style=${t}>
${n?o`${this.texts.get(`days.${n}`)} <small>${a}</small>`:a}
</h2>`}const s=this.list.clips.slice(e.first,e.first+e.count),i=this.list.clips[0]?.id,r=`grid-template-columns:repeat(${this.columns},minmax(0,1fr))`;return o`<div class="row" style="${t};${r}">
${Mt(s,n=>n.id,n=>Be(this.page,n,{search:this.search,selecting:this.selection.active,selected:this.selection.ids.has(n.id),tabIndex:n.id===(this.focused??i)?0:-1,width:this.cardWidth,onClick:a=>this.onClick(a,n)}))}
</div>`}renderEnd(){const{list:e,texts:t}=this;return e.error?o`<div class="end" role="alert">
<p>${t.error(e.error)}</p>
<button class="button" @click=${()=>{e.loadMore()}}>${t.get("errors.again")}</button>
</div>`:e.loading?o`<p class="end" role="status">${t.get("clips.loading")}</p>`:e.complete&&e.clips.length===0?o`<p class="end" role="status">
${t.get(this.search?"clips.none_found":"clips.none")}
</p>`:h}onClick(e,t){if(this.pressed){e.preventDefault(),this.pressed=!1;return}this.page.scrollPosition.focused=this.focused=t.id,this.page.scrollPosition.top=this.scroller.scrollTop;const s=e.ctrlKey||e.metaKey||e.shiftKey;if(!(s&&!this.selectable)){if(s||this.selection.active){e.preventDefault(),e.shiftKey?this.selection.extend(t.id,this.order()):this.selection.toggle(t.id);return}e.button===0&&(e.preventDefault(),U(A({view:"clip",id:t.id})+this.search))}}onPress(e){if(this.pressed=!1,e.pointerType==="mouse"||!this.selectable)return;const t=ii(e);t&&(this.press=setTimeout(()=>{this.pressed=!0,this.selection.toggle(t),navigator.vibrate?.(20)},oc))}endPress(){clearTimeout(this.press)}onMove(e){Math.hypot(e.movementX,e.movementY)>4&&clearTimeout(this.press)}onContext(e){this.pressed&&e.preventDefault()}order(){return this.list.clips.map(e=>e.id)}onKey(e){const t=ii(e);if(!t||e.altKey||e.ctrlKey||e.metaKey)return;const s=this.list.clips.findIndex(r=>r.id===t),i=this.stepOf(e.key);if(i!==null){e.preventDefault();const r=Math.min(Math.max(s+i,0),this.list.clips.length-1),n=this.list.clips[r];if(!n)return;e.shiftKey&&this.selectable&&(this.selection.ids.has(t)||this.selection.toggle(t),this.selection.extend(n.id,this.order())),this.reveal(r)}else e.key===" "?(e.preventDefault(),this.selectable&&this.selection.toggle(t)):e.key==="Escape"&&this.selection.active?(e.stopPropagation(),this.selection.end()):e.key==="Delete"&&this.selection.size&&this.dispatchEvent(new CustomEvent("delete-selected"))}stepOf(e){switch(e){case"ArrowLeft":return-1;case"ArrowRight":return 1;case"ArrowUp":return-this.columns;case"ArrowDown":return this.columns;case"Home":return-this.list.clips.length;case"End":return this.list.clips.length;default:return null}}async reveal(e){const t=ei(this.layout,e),s=this.list.clips[e];if(!t||!s)return;const{scrollTop:i,clientHeight:r}=this.scroller;t.top<i?this.scroller.scrollTop=t.top-He:t.top+t.height>i+r&&(this.scroller.scrollTop=t.top+t.height-r+X),this.measure(),await this.focusOn(s.id)}async focusOn(e){this.focused=e,await this.updateComplete,this.renderRoot.querySelector(`[data-id="${CSS.escape(e)}"]`)?.focus({preventScroll:!0})}};z.styles=[w,We,b`
:host {
display: block;
min-height: 0;
}
.scroller {
height: 100%;
overflow-y: auto;
overscroll-behavior: contain;
padding: 0 ${X}px;
}
.all {
position: relative;
contain: layout style;
}
.row,
.day {
position: absolute;
left: 0;
right: 0;
top: 0;
margin: 0;
contain: layout style;
}
.row {
display: grid;
gap: ${X}px;
padding-bottom: ${X}px;
}
.day {
display: flex;
align-items: center;
gap: 8px;
font-size: 16px;
font-weight: 500;
}
.day small {
color: var(--hs-text-2);
font-size: 13px;
font-weight: 400;
}
.end {
text-align: center;
color: var(--hs-text-2);
padding: 24px 16px;
margin: 0;
}
`];K([p({attribute:!1})],z.prototype,"list",2);K([p({attribute:!1})],z.prototype,"selection",2);K([p()],z.prototype,"search",2);K([p({type:Boolean})],z.prototype,"selectable",2);K([g()],z.prototype,"width",2);K([g()],z.prototype,"viewport",2);K([g()],z.prototype,"focused",2);K([H(".scroller")],z.prototype,"scroller",2);z=K([$("homesec-clip-grid")],z);function ii(e){for(const t of e.composedPath())if(t instanceof HTMLElement&&t.dataset.id)return t.dataset.id;return null}function lc(e,t,s,i,r){const n=c=>Math.min(1,Math.max(0,(c-t)/(s-t))),a=[],l=[...e].sort((c,u)=>c.started-u.started);for(const c of l){const u=n(c.started),m=n(c.state==="recording"?Math.max(r,c.ended):c.ended),d=a.at(-1);d&&u-(d.left+d.width)<i?(d.width=Math.max(d.width,m-d.left),d.spans.push(c)):a.push({left:u,width:Math.max(0,m-u),spans:[c]})}return a}function cc(e,t){const s=[];for(let i=e;i<=t;i+=3*3600)s.push(i);return s}var hc=Object.defineProperty,dc=Object.getOwnPropertyDescriptor,vt=(e,t,s,i)=>{for(var r=i>1?void 0:i?dc(t,s):t,n=e.length-1,a;n>=0;n--)(a=e[n])&&(r=(i?a(t,s,r):a(r))||r);return i&&r&&hc(t,s,r),r};const pc=.004,uc=3e3;let B=class extends x{constructor(){super(),this.day="",this.cameras=[],this.labels=[],this.timeline=null,this.at=null,this.loaded="",this.loadedClips=null,new _(this,()=>this.list)}disconnectedCallback(){super.disconnectedCallback(),clearTimeout(this.reloading),this.reloading=void 0}willUpdate(e){super.willUpdate(e),this.day!==this.loaded?(this.loaded=this.day,this.timeline=null,this.load()):this.list.clips!==this.loadedClips&&!this.reloading&&(this.reloading=setTimeout(()=>{this.reloading=void 0,this.load()},uc)),this.loadedClips=this.list.clips}get bounds(){return Li(this.day,this.format.zone)}async load(){const{day:e}=this,{from:t,to:s}=this.bounds;try{const i=await this.page.api.timeline(t,s);e===this.day&&(this.timeline=i)}catch{this.timeline=null}}render(){const{from:e,to:t}=this.bounds,s=(this.timeline?.cameras??[]).filter(i=>!this.cameras.length||this.cameras.includes(i.camera_id)).map(i=>({...i,spans:i.spans.filter(r=>this.matchesFilter(r))}));return s.some(i=>i.spans.length)?o`<div class="strips" role="group" aria-label=${this.texts.get("strip.title")}>
${s.map(i=>o`<div class="camera">
<span class="name" title=${this.cameraName(i.camera_id)}
>${this.cameraName(i.camera_id)}</span
>
<div
class="strip"
@click=${r=>this.onClick(r,e,t)}
@pointermove=${r=>this.onMove(r,e,t)}
@pointerleave=${()=>this.at=null}
>
${this.renderNow(e,t)}
${lc(i.spans,e,t,pc,C()).map(r=>this.renderMark(r))}
</div>
</div>`)}
<div class="camera" aria-hidden="true">
<span class="name">${this.at===null?"":this.format.time(this.at)}</span>
<div class="hours">
${cc(e,t).map(i=>o`<span style="left:${(i-e)/(t-e)*100}%"
>${this.format.hour(i)}</span
>`)}
</div>
</div>
</div>`:h}matchesFilter({label:e}){return!this.labels.length||e!==null&&this.labels.includes(e)}renderNow(e,t){const s=(C()-e)/(t-e);return s<0||s>1?h:o`<span class="later" style="left:${s*100}%"></span>`}renderMark({left:e,width:t,spans:s}){const i=s[0],r=s.some(l=>l.label==="person"),n=[...new Set(s.map(l=>l.label))].map(l=>l?this.texts.label(l):this.texts.get("clip.motion")).join(", "),a=`${this.format.time(i.started)} ${n}`;return o`<button
class="mark ${r?"people":""}"
style="left:${e*100}%;width:${t*100}%"
title=${a}
aria-label=${`${this.texts.get("strip.jump")}: ${a}`}
@click=${l=>{l.stopPropagation(),this.jump(s.at(-1).started)}}
></button>`}timeAt(e,t,s){const i=e.currentTarget.getBoundingClientRect();return t+(e.clientX-i.left)/i.width*(s-t)}onClick(e,t,s){this.jump(this.timeAt(e,t,s))}onMove(e,t,s){this.at=this.timeAt(e,t,s)}jump(e){this.dispatchEvent(new CustomEvent("jump",{detail:e}))}};B.styles=[w,b`
.strips {
padding: 0 12px 4px;
display: grid;
gap: 4px;
max-height: 32vh;
overflow-y: auto;
overflow-x: hidden;
}
.camera {
display: grid;
grid-template-columns: minmax(72px, 12%) 1fr;
gap: 10px;
align-items: center;
}
.name {
font-size: 12px;
color: var(--hs-text-2);
overflow: hidden;
text-overflow: ellipsis;
white-space: nowrap;
font-variant-numeric: tabular-nums;
}
.strip {
position: relative;
height: 44px;
border-radius: 6px;
background: var(--hs-soft);
cursor: pointer;
overflow: hidden;
}
.later {
position: absolute;
top: 0;
bottom: 0;
right: 0;
background: var(--hs-soft);
border-inline-start: 2px solid var(--hs-text-2);
}
.mark {
position: absolute;
top: 0;
bottom: 0;
min-width: 5px;
padding: 4px 0;
border: none;
border-radius: 6px;
/* As wide as it lasts, as high as a finger needs. */
background: color-mix(in srgb, var(--hs-text) 45%, transparent) content-box;
cursor: pointer;
}
.mark.people {
background-color: var(--hs-accent);
}
.mark:focus-visible {
outline-offset: -2px;
}
.hours {
position: relative;
height: 18px;
font-size: 11px;
color: var(--hs-text-2);
}
.hours span {
white-space: nowrap;
position: absolute;
transform: translateX(-50%);
font-variant-numeric: tabular-nums;
}
.hours span:first-child {
transform: none;
}
.hours span:last-child {
transform: translateX(-100%);
}
@media (max-width: 600px) {
.hours span:nth-child(even) {
display: none;
}
}
`];vt([p()],B.prototype,"day",2);vt([p({attribute:!1})],B.prototype,"list",2);vt([p({attribute:!1})],B.prototype,"cameras",2);vt([p({attribute:!1})],B.prototype,"labels",2);vt([g()],B.prototype,"timeline",2);vt([g()],B.prototype,"at",2);B=vt([$("homesec-day-strip")],B);var fc=Object.defineProperty,mc=Object.getOwnPropertyDescriptor,Qt=(e,t,s,i)=>{for(var r=i>1?void 0:i?mc(t,s):t,n=e.length-1,a;n>=0;n--)(a=e[n])&&(r=(i?a(t,s,r):a(r))||r);return i&&r&&fc(t,s,r),r};let pt=class extends O{constructor(){super(...arguments),this.text="",this.choices=[],this.chosen=[],this.open=!1,this.closeOnOutsideClick=e=>{e.composedPath().includes(this)||(this.open=!1)}}connectedCallback(){super.connectedCallback(),document.addEventListener("pointerdown",this.closeOnOutsideClick)}disconnectedCallback(){super.disconnectedCallback(),document.removeEventListener("pointerdown",this.closeOnOutsideClick)}render(){const e=this.choices.filter(i=>this.chosen.includes(i.value)),t=this.chosen.length>0,s=e.length===1&&this.chosen.length===1?e[0].text:this.text;return o`<div @keydown=${this.onKey} @focusout=${this.onFocusOut}>
<button
class="button small ${t?"strong":""}"
aria-expanded=${this.open}
aria-controls="list"
@click=${()=>this.open=!this.open}
>
<span class="text"
>${s}${this.chosen.length>1?` (${this.chosen.length})`:""}</span
>${f(Zr)}
</button>
${this.open?o`<div id="list" class="list" role="group" aria-label=${this.text}>
${this.choices.map(i=>o`<label
><input
type="checkbox"
.checked=${this.chosen.includes(i.value)}
@change=${()=>this.toggle(i.value)}
/>${i.text}</label
>`)}
</div>`:h}
</div>`}onFocusOut(e){e.relatedTarget&&!e.composedPath().includes(e.relatedTarget)&&(this.renderRoot.contains(e.relatedTarget)||(this.open=!1))}onKey(e){e.key!=="Escape"||!this.open||(e.stopPropagation(),this.open=!1,this.renderRoot.querySelector("button")?.focus())}toggle(e){const t=this.chosen.includes(e)?this.chosen.filter(s=>s!==e):[...this.chosen,e];this.dispatchEvent(new CustomEvent("chosen",{detail:t}))}};pt.styles=[w,b`
:host {
min-width: 0;
max-width: 100%;
}
div {
position: relative;
}
.button {
max-width: 100%;
}
.text {
overflow: hidden;
text-overflow: ellipsis;
}
.list {
position: absolute;
z-index: 5;
top: calc(100% + 4px);
inset-inline-start: 0;
width: max-content;
min-width: 200px;
max-width: min(320px, 80vw);
max-height: 50vh;
overflow-y: auto;
padding: 8px 0;
border: 1px solid var(--hs-line);
border-radius: 12px;
background: var(--hs-card);
box-shadow: 0 4px 16px rgba(0, 0, 0, 0.3);
}
label {
display: flex;
align-items: center;
gap: 12px;
min-height: 44px;
padding: 0 16px;
cursor: pointer;
overflow-wrap: anywhere;
}
label:hover {
background: var(--hs-soft);
}
input {
width: 20px;
height: 20px;
accent-color: var(--hs-accent);
flex: none;
}
@media (max-width: 600px) {
/* Below its button, as wide as the page: a list beside the last button would leave it. */
div {
position: static;
}
.list {
position: absolute;
top: auto;
inset-inline: 12px;
width: auto;
max-width: none;
margin-top: 4px;
}
}
`];Qt([p()],pt.prototype,"text",2);Qt([p({attribute:!1})],pt.prototype,"choices",2);Qt([p({attribute:!1})],pt.prototype,"chosen",2);Qt([g()],pt.prototype,"open",2);pt=Qt([$("homesec-choices")],pt);var gc=Object.defineProperty,bc=Object.getOwnPropertyDescriptor,we=(e,t,s,i)=>{for(var r=i>1?void 0:i?bc(t,s):t,n=e.length-1,a;n>=0;n--)(a=e[n])&&(r=(i?a(t,s,r):a(r))||r);return i&&r&&gc(t,s,r),r};const vc=["all","today","yesterday","week"],yc=300;let Ht=class extends x{constructor(){super(...arguments),this.filter=Ct,this.calendar=!1,this.more=!1}render(){const{texts:e,filter:t}=this;return o`<div class="bar ${this.more?"more":""}" role="search" aria-label=${e.get("filter.title")}>
<div class="group days" role="group" aria-label=${e.get("filter.days")}>
<button
class="button small icon toggle"
aria-expanded=${this.more}
aria-pressed=${!Cs({...t,range:{kind:"all"}})}
aria-label=${e.get("filter.title")}
@click=${()=>this.more=!this.more}
>
${f(Sr)}
</button>
${vc.map(s=>o`<button
class="button small"
aria-pressed=${t.range.kind===s}
@click=${()=>this.setRange({kind:s})}
>
${e.get(`days.${s}`)}
</button>`)}
<button
class="button small"
aria-pressed=${t.range.kind==="days"}
aria-expanded=${this.calendar}
aria-controls="calendar"
@click=${()=>this.calendar=!this.calendar}
>
${f(hr)}${this.rangeText()}
</button>
</div>
${this.calendar?this.renderCalendar():h}
<div class="group rest">
${this.renderChoices("cameras",this.cameraChoices())}
${this.renderChoices("labels",this.labelChoices())}
${this.renderChoices("zones",this.zoneChoices())}
<button
class="button small"
aria-pressed=${t.protectedOnly}
@click=${()=>this.set({protectedOnly:!t.protectedOnly})}
>
${f(ue)}${e.get("filter.protected")}
</button>
${Cs(t)?h:o`<button class="button small plain" @click=${()=>this.send(Ct)}>
${f(hi)}${e.get("filter.clear")}
</button>`}
</div>
<label class="search rest">
${f(Ur)}
<span class="hidden-text">${e.get("filter.search")}</span>
<input
class="field"
type="search"
placeholder=${e.get("filter.search")}
.value=${t.text}
@input=${this.onType}
@keydown=${s=>s.stopPropagation()}
/>
</label>
</div>`}rangeText(){const{range:e}=this.filter;if(e.kind!=="days")return this.texts.get("days.choose");const t=this.format.dayName(e.from,"short");return e.from===e.to?t:`${t} – ${this.format.dayName(e.to,"short")}`}renderCalendar(){const e=V(C(),this.format.zone),t=Fe(this.filter.range,C(),this.format.zone),s=t?.from??e,i=t?.to??e,r=(n,a)=>o`<label
>${this.texts.get(`days.${n}`)}
<input
class="field"
type="date"
max=${e}
.value=${a}
@change=${l=>{const c=l.target.value;c&&this.setDays(n==="from"?c:s,n==="to"?c:i)}}
/></label>`;return o`<div id="calendar" class="group calendar" role="group">
${r("from",s)}${r("to",i)}
</div>`}setDays(e,t){const s={kind:"days",from:e<t?e:t,to:e<t?t:e};this.set({range:s})}renderChoices(e,t){return t.length<2&&!this.filter[e].length?h:o`<homesec-choices
.text=${this.texts.get(`filter.${e}`)}
.choices=${t}
.chosen=${this.filter[e]}
@chosen=${s=>this.set({[e]:s.detail})}
></homesec-choices>`}cameraChoices(){return(this.system?.cameras??[]).map(t=>({value:t.id,text:t.name}))}labelChoices(){return[...new Set(this.system?.cameras.flatMap(t=>t.labels))].map(t=>({value:t,text:this.texts.label(t)}))}zoneChoices(){return[...new Set(this.system?.cameras.flatMap(t=>t.zones))].sort().map(t=>({value:t,text:t}))}onType(e){clearTimeout(this.typing);const t=e.target.value;this.typing=setTimeout(()=>this.set({text:t}),yc)}setRange(e){this.calendar=!1,this.set({range:e})}set(e){this.send({...this.filter,...e})}send(e){this.dispatchEvent(new CustomEvent("filter",{detail:e}))}};Ht.styles=[w,b`
.bar {
display: flex;
flex-wrap: wrap;
gap: 8px 16px;
align-items: center;
padding: 12px;
}
.group {
max-width: 100%;
display: flex;
flex-wrap: wrap;
gap: 6px;
align-items: center;
}
.calendar label {
display: inline-flex;
align-items: center;
gap: 8px;
}
.toggle {
display: none;
}
.search {
position: relative;
flex: 1 1 160px;
max-width: 320px;
}
.search svg {
position: absolute;
left: 10px;
top: 12px;
color: var(--hs-text-2);
pointer-events: none;
}
.search input {
width: 100%;
border-radius: 22px;
padding-left: 36px;
}
@media (max-width: 600px) {
.bar {
padding: 8px 12px;
gap: 8px;
}
.toggle {
display: inline-flex;
}
.days {
flex-wrap: nowrap;
overflow-x: auto;
scrollbar-width: none;
margin: 0 -12px;
padding: 2px 12px;
}
.days .button {
flex: none;
}
.bar:not(.more) .rest {
display: none;
}
.search {
max-width: none;
flex-basis: 100%;
}
}
`];we([p({attribute:!1})],Ht.prototype,"filter",2);we([g()],Ht.prototype,"calendar",2);we([g()],Ht.prototype,"more",2);Ht=we([$("homesec-filter-bar")],Ht);var $c=Object.defineProperty,wc=Object.getOwnPropertyDescriptor,te=(e,t,s,i)=>{for(var r=i>1?void 0:i?wc(t,s):t,n=e.length-1,a;n>=0;n--)(a=e[n])&&(r=(i?a(t,s,r):a(r))||r);return i&&r&&$c(t,s,r),r};let ut=class extends x{constructor(){super(),this.busy=!1,new _(this,()=>this.selection),new _(this,()=>this.list)}render(){const{texts:e,selection:t}=this,s=this.busy||t.size===0,i=(r,n,a,l="")=>o`<button
class="button small ${l}"
?disabled=${s}
title=${n}
@click=${()=>{this.run(a)}}
>
${f(r)}<span class="word">${n}</span>
</button>`;return o`${t.active?o`<div class="bar" role="toolbar" aria-label=${e.get("clips.selection")}>
<button
class="button small icon plain"
aria-label=${e.get("clips.select_end")}
@click=${()=>t.end()}
>
${f(hi)}
</button>
<span class="count" role="status">${e.count("clips.selected",t.size)}</span>
${i(Hr,e.get("clip.export"),()=>this.export())}
${this.allProtected?i(Te,e.get("clip.unprotect"),()=>this.protect(!1)):i(ue,e.get("clip.protect"),()=>this.protect(!0))}
${i(Ee,e.get("clip.delete"),()=>this.delete(),"danger")}
</div>`:h}
<homesec-confirm-dialog></homesec-confirm-dialog>`}get allProtected(){const{ids:e,size:t}=this.selection,s=this.list.clips.filter(i=>e.has(i.id));return t>0&&s.length===t&&s.every(i=>i.protected)}async deleteSelected(){await this.run(()=>this.delete())}async run(e){if(!(this.busy||!this.selection.size)){this.busy=!0;try{await e()}catch(t){this.page.showMessage(this.texts.error(t),"error")}this.busy=!1}}async export(){const e=[...this.selection.ids],{exported:t,folder:s,refused:i}=await this.page.api.export(e);if(i.length){const r=new Set(i.map(n=>n.id));this.selection.deselect(e.filter(n=>!r.has(n))),this.page.showMessage(this.texts.count("clips.not_exported",i.length,{folder:s}),"error")}else this.page.showMessage(this.texts.count("clips.exported",t,{folder:s})),this.selection.end()}async protect(e){const t=[...this.selection.ids],s=this.texts.get(e?"clip.protect":"clip.unprotect");await(e?mt:j)(this,s,async r=>{await this.page.api.protect(t,e,r)})&&(this.page.showMessage(this.texts.count(e?"clips.protected":"clips.unprotected",t.length)),this.selection.end())}async delete(){const e=[...this.selection.ids],{texts:t}=this;if(!await this.dialog.confirm(er(this.page,e.length),t.get("clip.delete"),t.get("common.cancel")))return;let i=[],r=[],n=!1;await j(this,t.get("clip.delete"),async l=>{({deleted:i,refused:r,restorable:n}=await this.page.api.delete(e,l))})&&(this.list.remove(i),this.selection.deselect(i),r.length?this.page.showMessage(t.count("clips.not_deleted",r.length),"error"):(tr(this.page,i,n),this.selection.end()))}};ut.styles=[w,b`
.bar {
display: flex;
align-items: center;
gap: 6px;
padding: 8px 12px;
background: var(--hs-tone);
border-top: 1px solid var(--hs-line);
}
.count {
flex: 1;
min-width: 0;
overflow: hidden;
text-overflow: ellipsis;
white-space: nowrap;
}
@media (max-width: 700px) {
.word {
position: absolute;
width: 1px;
height: 1px;
overflow: hidden;
clip-path: inset(50%);
}
.button.small {
width: 44px;
min-height: 44px;
padding: 0;
}
}
`];te([p({attribute:!1})],ut.prototype,"selection",2);te([p({attribute:!1})],ut.prototype,"list",2);te([g()],ut.prototype,"busy",2);te([H("homesec-confirm-dialog")],ut.prototype,"dialog",2);ut=te([$("homesec-selection-bar")],ut);var xc=Object.defineProperty,Cc=Object.getOwnPropertyDescriptor,ee=(e,t,s,i)=>{for(var r=i>1?void 0:i?Cc(t,s):t,n=e.length-1,a;n>=0;n--)(a=e[n])&&(r=(i?a(t,s,r):a(r))||r);return i&&r&&xc(t,s,r),r};const _c=3e4;let ft=class extends x{constructor(){super(),this.search="",this.selection=new Xl,this.filter=Ct,new _(this,()=>this.page?.scrollPosition.list),new _(this,()=>this.selection)}connectedCallback(){super.connectedCallback(),this.clock=setInterval(()=>this.tick(),_c)}disconnectedCallback(){super.disconnectedCallback(),clearInterval(this.clock),this.selection.end()}willUpdate(e){if(super.willUpdate(e),!this.isConnected)return;const{zone:t}=this.format;this.filter=Ze(this.search),this.page.scrollPosition.show(this.search,C(),t)&&(this.selection.end(),this.grid?.scrollToTop())}tick(){this.requestUpdate(),this.strip?.requestUpdate(),this.grid?.refreshDays()}get list(){return this.page.scrollPosition.list}engineStarted(){this.list.retry()}get day(){const e=Fe(this.filter.range,C(),this.format.zone);return e?e.from===e.to?e.from:null:V(C(),this.format.zone)}get isStripComplete(){const{zones:e,text:t,protectedOnly:s}=this.filter;return!e.length&&!t.trim()&&!s}render(){const{list:e,selection:t,texts:s}=this;return o`<homesec-filter-bar
.page=${this.page}
.filter=${this.filter}
@filter=${i=>this.setFilter(i.detail)}
></homesec-filter-bar>
${this.day&&this.isStripComplete?o`<homesec-day-strip
.page=${this.page}
.day=${this.day}
.list=${e}
.cameras=${this.filter.cameras}
.labels=${this.filter.labels}
@jump=${i=>{this.jump(i.detail)}}
></homesec-day-strip>`:h}
<div class="count">
<span role="status"
>${e.ready&&e.total!==null?s.count("clips.count",e.total,{n:this.format.number(e.total)}):""}</span
>
${this.canControl?o`<a
class="button small"
href=${A({view:"deleted"})}
title=${s.get("deleted.title")}
@click=${L}
>
${f(Cr)}<span class="word">${s.get("deleted.title")}</span>
</a>`:h}
${this.canControl&&e.clips.length?o`<button
class="button small"
aria-pressed=${t.active}
@click=${()=>t.active?t.end():t.begin()}
>
${f(vr)}${s.get("clips.select")}
</button>`:h}
</div>
<homesec-clip-grid
.page=${this.page}
.list=${e}
.selection=${t}
.selectable=${this.canControl}
.search=${Zt(this.filter)}
@delete-selected=${()=>{this.bar.deleteSelected()}}
></homesec-clip-grid>
<homesec-selection-bar
.page=${this.page}
.selection=${t}
.list=${e}
></homesec-selection-bar>`}setFilter(e){U(`${k}/clips${Zt(e)}`,{replace:!0})}async jump(e){const t=await this.list.loadUntil(e);t>=0&&await this.grid.show(t)}};ft.styles=[w,b`
:host {
display: flex;
flex-direction: column;
min-height: 0;
}
homesec-clip-grid {
flex: 1;
}
.count {
display: flex;
align-items: center;
gap: 6px;
min-height: 44px;
padding: 0 12px;
color: var(--hs-text-2);
}
.count [role="status"] {
flex: 1;
}
.count .button {
min-height: 44px;
}
@media (max-width: 700px) {
.word {
position: absolute;
width: 1px;
height: 1px;
overflow: hidden;
clip-path: inset(50%);
}
a.button {
width: 44px;
padding: 0;
}
}
`];ee([p()],ft.prototype,"search",2);ee([H("homesec-clip-grid")],ft.prototype,"grid",2);ee([H("homesec-day-strip")],ft.prototype,"strip",2);ee([H("homesec-selection-bar")],ft.prototype,"bar",2);ft=ee([$("homesec-clips")],ft);const ri=60,Mc=200;class kc extends Ke{constructor(t){super(t),this.api=t,this.clips=[],this.total=null,this.loading=!1,this.error=null,this.cursor=null,this.outdated=!1}get complete(){return this.total!==null&&this.cursor===null}async refresh(){if(this.loading){this.outdated=!0;return}const t=Math.min(Mc,Math.max(ri,this.clips.length));await this.load(null,t)}async loadMore(){!this.loading&&!this.complete&&await this.load(this.cursor,ri)}async restore(t){const{restored:s,refused:i}=await this.api.restore(t);return this.remove(s),i}async purge(t,s){const{purged:i,refused:r}=await this.api.purge(t,s);return this.remove(i),r}async load(t,s){this.loading=!0,this.error=null,this.changed();try{const i=await this.api.deletedClips(t,s),r=new Set(i.clips.map(a=>a.id)),n=t===null?[]:this.clips.filter(a=>!r.has(a.id));this.clips=[...n,...i.clips],this.cursor=i.cursor,this.total=i.total??this.total}catch(i){this.error=i}this.loading=!1,this.changed(),this.outdated&&(this.outdated=!1,await this.refresh())}remove(t){const s=new Set(t),i=this.clips.filter(r=>!s.has(r.id));this.total!==null&&(this.total-=this.clips.length-i.length),this.clips=i,this.changed()}handleEvent(t){"clip"in t?this.clips.some(s=>s.id===t.clip.id)&&this.remove([t.clip.id]):(!("unavailable"in t)||!t.unavailable)&&this.refresh()}}function Lc(e,t){return e.expires===null?null:Math.max(0,Math.ceil((e.expires-t)/86400))}var Hc=Object.defineProperty,Ac=Object.getOwnPropertyDescriptor,xe=(e,t,s,i)=>{for(var r=i>1?void 0:i?Ac(t,s):t,n=e.length-1,a;n>=0;n--)(a=e[n])&&(r=(i?a(t,s,r):a(r))||r);return i&&r&&Hc(t,s,r),r};const Vc=360;let At=class extends x{constructor(){super(),this.list=null,this.busy=!1,new _(this,()=>this.list??void 0)}connectedCallback(){super.connectedCallback(),this.list=new kc(this.page.api),this.list.subscribe(),this.list.refresh()}disconnectedCallback(){super.disconnectedCallback(),this.list?.unsubscribe()}engineStarted(){this.list?.refresh()}get isHeld(){return this.system?.alarm.state==="triggered"}render(){const{list:e,texts:t}=this;return o`<div class="page">
<div class="head">
<a
class="button icon plain"
href=${A({view:"clips"})}
aria-label=${t.get("deleted.back")}
@click=${L}
>${f(Kt)}</a
>
<h2>${t.get("deleted.title")}</h2>
</div>
${this.isHeld?o`<p class="held" role="status">${t.get("deleted.held")}</p>`:h}
${e?.error?o`<p class="card bad" role="alert">${t.error(e.error)}</p>`:h}
${e&&this.renderList(e)}
</div>
<homesec-confirm-dialog></homesec-confirm-dialog>`}renderList(e){const{texts:t}=this;if(!e.clips.length){const s=e.total===null?"common.loading":"deleted.none";return e.error?h:o`<p class="empty" role="status">${t.get(s)}</p>`}return o`<ul>
${e.clips.map(s=>this.renderClip(s))}
</ul>
${e.complete?h:o`<button
class="button more"
?disabled=${e.loading}
@click=${()=>{e.loadMore()}}
>
${t.get("deleted.more")}
</button>`}`}renderClip(e){const{texts:t,format:s}=this,i=Lc(e,C());return o`<li class="card">
<homesec-still
.stills=${this.page.stills}
.path=${e.still&&ki(e.still,Vc)}
></homesec-still>
<div class="words">
<b>${Ha(this.page,e)}, ${e.camera}</b>
<span>${s.dateTime(e.event)}</span>
<span class="quiet"
>${e.deleted_by===null?t.get("deleted.by_automation"):t.get("deleted.by",{who:e.deleted_by})},
${s.dateTime(e.deleted)}</span
>
<span>${i===null?t.get("deleted.kept"):t.count("deleted.left",i)}</span>
</div>
<div class="actions">
<button class="button" ?disabled=${this.busy} @click=${()=>{this.restore(e)}}>
${f(Mr)}${t.get("deleted.restore")}
</button>
${this.system?.user.is_admin?o`<button
class="button danger"
?disabled=${this.busy||this.isHeld||i===null}
title=${this.isHeld?t.get("deleted.held"):h}
@click=${()=>{this.purge(e)}}
>
${f(_r)}${t.get("deleted.purge")}
</button>`:h}
</div>
</li>`}async restore(e){await this.run(async()=>{const t=await this.list.restore([e.id]);this.report(t,this.texts.count("deleted.restored",1))})}async purge(e){const{texts:t}=this;await this.dialog.confirm(t.get("deleted.purge_sure"),t.get("deleted.purge"),t.get("common.cancel"))&&await this.run(async()=>{let i=[];await j(this,t.get("deleted.purge"),async n=>{i=await this.list.purge([e.id],n)})&&this.report(i,t.get("deleted.purged"))})}report(e,t){e[0]?this.page.showMessage(this.texts.problem(e[0].error),"error"):this.page.showMessage(t)}async run(e){if(!this.busy){this.busy=!0;try{await e()}catch(t){this.page.showMessage(this.texts.error(t),"error")}this.busy=!1}}};At.styles=[w,N,b`
:host {
display: block;
overflow-y: auto;
}
.page {
display: grid;
grid-template-columns: minmax(0, 1fr);
gap: 12px;
padding: 12px;
max-width: 1280px;
margin: 0 auto;
}
.head {
display: flex;
align-items: center;
gap: 4px;
}
.held {
margin: 0;
padding: 12px 16px;
border-radius: var(--hs-radius);
background: color-mix(in srgb, var(--warning-color, #ffa600) 20%, var(--hs-card));
}
ul {
display: grid;
grid-template-columns: repeat(auto-fill, minmax(min(100%, 340px), 1fr));
gap: 12px;
margin: 0;
padding: 0;
list-style: none;
}
li.card {
display: flex;
flex-direction: column;
padding: 0;
overflow: hidden;
}
homesec-still {
aspect-ratio: 16 / 9;
width: 100%;
}
.words {
display: grid;
gap: 2px;
padding: 10px 12px;
overflow-wrap: anywhere;
}
.words b {
font-weight: 500;
}
.actions {
display: flex;
flex-wrap: wrap;
gap: 8px;
padding: 0 12px 12px;
margin-top: auto;
}
.more {
justify-self: center;
}
`];xe([g()],At.prototype,"list",2);xe([g()],At.prototype,"busy",2);xe([H("homesec-confirm-dialog")],At.prototype,"dialog",2);At=xe([$("homesec-deleted")],At);const Sc=[{view:"overview",path:k,icon:en},{view:"clips",path:`${k}/clips`,icon:Vr},{view:"insight",path:`${k}/insight`,icon:fr}];function Oc(e){switch(e.view){case"clip":case"deleted":return"clips";case"camera":case"zones":return"overview";default:return e.view}}function Pc(e,t){switch(t.view){case"clips":return o`<homesec-clips
.page=${e}
.search=${window.location.search}
></homesec-clips>`;case"deleted":return o`<homesec-deleted .page=${e}></homesec-deleted>`;case"insight":return o`<homesec-statistics .page=${e}></homesec-statistics>`;case"camera":return o`<homesec-camera .page=${e} .cameraId=${t.id}></homesec-camera>`;case"zones":return o`<homesec-zones .page=${e} .cameraId=${t.camera}></homesec-zones>`;case"clip":return o`<homesec-clip
.page=${e}
.clipId=${t.id}
.search=${window.location.search}
></homesec-clip>`;default:return o`<homesec-overview .page=${e}></homesec-overview>`}}class Ec{constructor(t,s){this.top=0,this.focused=null,this.shownFilter=null,this.subscribed=!1,this.list=new Ge(t,s)}show(t,s,i){this.subscribed||(this.subscribed=!0,this.list.subscribe().catch(()=>this.subscribed=!1));const r=ge(Ze(t),s,i),n=JSON.stringify(r);return n===this.shownFilter?!1:(this.shownFilter=n,this.top=0,this.focused=null,this.list.show(r),!0)}unsubscribe(){this.list.unsubscribe(),this.subscribed=!1,this.shownFilter=null}}class Tc extends q{constructor(t){super(),this.api=t,this.state=null,this.unavailable=!1,this.error=null,this.stop=null,this.isSubscribed=!1}async subscribe(){this.isSubscribed=!0;try{const t=await this.api.subscribeSystem(s=>{"unavailable"in s?this.unavailable=s.unavailable:(this.state=s,this.unavailable=!1),this.error=null,this.changed()});this.isSubscribed?this.stop=t:t()}catch(t){this.error=t,this.changed()}}unsubscribe(){this.isSubscribed=!1,this.stop?.(),this.stop=null}neighbor(t,s){const i=this.state?.cameras??[],r=i.findIndex(n=>n.id===t);return r<0||i.length<2?null:i.at((r+s)%i.length)??null}camera(t){return this.state?.cameras.find(s=>s.id===t)}}const zc=b`
:host {
display: flex;
flex-direction: column;
position: relative;
/* Home Assistant sets no height for panels, but respects the safe area. */
height: calc(
100dvh - var(--safe-area-inset-top, 0px) - var(--safe-area-inset-bottom, 0px)
);
background: var(--primary-background-color, #fafafa);
}
header {
display: flex;
align-items: center;
gap: 8px;
min-height: var(--header-height, 56px);
padding: 0 16px;
background: var(--app-header-background-color, var(--hs-card));
color: var(--app-header-text-color, var(--hs-text));
border-bottom: 1px solid var(--hs-line);
flex: none;
}
h1 {
font-size: 20px;
font-weight: 400;
margin: 0;
}
header .button {
color: inherit;
}
nav {
display: flex;
flex: 1;
justify-content: center;
align-self: stretch;
gap: 4px;
}
nav a {
display: inline-flex;
align-items: center;
gap: 8px;
padding: 0 16px;
color: inherit;
text-decoration: none;
border-bottom: 3px solid transparent;
border-top: 3px solid transparent;
}
nav a[aria-current] {
border-bottom-color: var(--hs-accent);
}
nav a:focus-visible {
outline-offset: -4px;
}
.problems {
display: inline-grid;
place-items: center;
min-width: 20px;
height: 20px;
padding: 0 6px;
border-radius: 10px;
background: #b3261e;
color: #fff;
font-size: 12px;
line-height: 1;
}
.notice {
margin: 0;
padding: 8px 16px;
background: color-mix(in srgb, var(--warning-color, #ffa600) 20%, var(--hs-card));
}
main {
flex: 1;
min-height: 0;
position: relative;
}
main > * {
position: absolute;
inset: 0;
}
.toast {
position: absolute;
left: 0;
right: 0;
bottom: 72px;
display: grid;
place-items: center;
pointer-events: none;
z-index: 10;
padding: 0 16px;
}
.toast p {
margin: 0;
max-width: 100%;
overflow-wrap: anywhere;
padding: 12px 20px;
border-radius: 24px;
background: #2b2b2b;
color: #fff;
box-shadow: 0 4px 16px rgba(0, 0, 0, 0.4);
}
.toast .button {
margin: -12px -16px -12px 8px;
background: none;
color: #8fd8f5;
font-weight: 500;
pointer-events: auto;
}
.toast p.error {
background: #8c1d18;
}
@media (max-width: 700px) {
header {
padding: 0 4px 0 8px;
}
h1 {
flex: 1;
}
nav {
position: absolute;
z-index: 4;
left: 0;
right: 0;
bottom: 0;
height: 60px;
background: var(--hs-card);
color: var(--hs-text);
border-top: 1px solid var(--hs-line);
justify-content: space-around;
}
nav a {
flex: 1;
flex-direction: column;
justify-content: center;
gap: 2px;
font-size: 12px;
padding: 0;
position: relative;
}
.problems {
position: absolute;
top: 2px;
inset-inline-start: calc(50% + 8px);
}
main {
margin-bottom: 60px;
}
}
`,Dc="component.homesec",Ic=["config_panel","exceptions","issues","selector"];async function Uc(e){const t=await Promise.all(Ic.map(s=>e.callWS({type:"frontend/get_translations",language:e.language,category:s,integration:"homesec"})));return Object.assign({},...t.map(s=>s.resources))}class Rc{constructor(t,s){this.resources=t,this.plural=new Intl.PluralRules(s)}get(t,s={}){return this.find(`config_panel.${t}`,s)??t}count(t,s,i={}){const r={count:s,...i},n=this.plural.select(s);return this.find(`config_panel.${t}.${n}`,r)??this.find(`config_panel.${t}.other`,r)??t}named(t,s,i={}){return this.find(`config_panel.${t}.${s}`,i)??s}problem(t){return this.find(`exceptions.${t}.message`,{})??t}trouble(t){const{key:s,placeholders:i,error:r}=t,n=t.repair?this.find(`issues.${s}.title`,i):this.named("problems",s,i),a=t.repair?this.issueDetail(s,i):r&&this.reason(r,t.error_placeholders);return{title:n!==void 0&&n!==s?n:this.get("problems.unknown"),detail:a||null}}issueDetail(t,s){const r=(this.find(`issues.${t}.description`,s)??this.find(`issues.${t}.fix_flow.step.confirm.description`,s))?.split(`
`)[0]?.replace(/\[([^\]]*)\]\([^)]*\)|[*`]/g,"$1");return r&&!/\{\w+\}/.test(r)?r:null}reason(t,s){return this.find(`config_panel.source_error.${t}`,s)??this.find(`exceptions.${t}.message`,s)??null}label(t){return this.find(`selector.label.options.${t}`,{})??t}error(t){const{code:s,message:i,translation_key:r,translation_domain:n,translation_placeholders:a}=t??{};if(r&&n==="homesec"){const l=a??{},c=this.find(`exceptions.${r}.message`,l);if(c)return c}return s==="unauthorized"?this.get("errors.not_allowed"):s==="not_found"?this.get("errors.not_found"):s==="unknown_command"?this.get("errors.not_ready"):i||this.get("errors.unknown")}find(t,s){return this.resources[`${Dc}.${t}`]?.replace(/\{(\w+)\}/g,(r,n)=>String(s[n]??r))}}var Nc=Object.defineProperty,jc=Object.getOwnPropertyDescriptor,Et=(e,t,s,i)=>{for(var r=i>1?void 0:i?jc(t,s):t,n=e.length-1,a;n>=0;n--)(a=e[n])&&(r=(i?a(t,s,r):a(r))||r);return i&&r&&Nc(t,s,r),r};const Zc="/config/integrations/integration/homesec",Fc=5e3,Bc=1e4,ni=["location-changed","popstate","hashchange"];let tt=class extends O{constructor(){super(),this.narrow=!1,this.route={prefix:k,path:""},this.page=null,this.message=null,this.api=new Bn(()=>this.hass),this.system=new Tc(this.api),this.stills=new Kn(async e=>{const t=await this.hass.fetchWithAuth(e);if(!t.ok)throw new Error(String(t.status));return t.blob()}),this.scrollPosition=new Ec(this.api,e=>this.page?.texts.label(e)??e),this.language="",this.formats="",this.hasMarkedFirst=!1,this.handleQueryChange=()=>{const{prefix:e,path:t}=this.route;window.location.pathname===e+t&&this.requestUpdate()},new _(this,()=>this.system)}connectedCallback(){super.connectedCallback();for(const e of ni)window.addEventListener(e,this.handleQueryChange);this.hass&&this.system.subscribe()}disconnectedCallback(){super.disconnectedCallback();for(const e of ni)window.removeEventListener(e,this.handleQueryChange);this.system.unsubscribe(),this.scrollPosition.unsubscribe(),this.stills.clear()}shouldUpdate(e){if(e.size!==1||!e.has("hass"))return!0;const t=e.get("hass");return t?.themes?.darkMode!==this.hass.themes?.darkMode||t?.locale!==this.hass.locale?!0:this.hass.language!==this.language||this.page===null}willUpdate(e){e.has("hass")&&e.get("hass")===void 0&&this.isConnected&&this.system.subscribe(),this.style.colorScheme=this.hass.themes?.darkMode?"dark":"light";const{language:t}=this.hass;t!==this.language&&(this.language=t,this.loadTexts(t)),this.page&&this.formats!==this.wantedFormats&&(this.page=this.makePage(this.page.texts))}async loadTexts(e){const t=await Uc(this.hass);e===this.language&&(this.page=this.makePage(new Rc(t,e)))}get zone(){const e=this.system.state?.time_zone??Intl.DateTimeFormat().resolvedOptions().timeZone;return sa(this.hass.locale,e)}get wantedFormats(){return JSON.stringify([this.hass.locale,this.zone])}makePage(e){return this.formats=this.wantedFormats,{hass:()=>this.hass,api:this.api,system:this.system,stills:this.stills,scrollPosition:this.scrollPosition,texts:e,format:new ia(this.hass,this.zone),showMessage:(t,s="info",i)=>this.showMessage({text:t,kind:s,action:i})}}showMessage(e){clearTimeout(this.messageTimer),this.message=e;const t=e.action?Bc:Fc;this.messageTimer=setTimeout(()=>this.message=null,t)}renderMessage({text:e,kind:t,action:s}){return o`<p class=${t}>
${e}${s?o`<button class="button" @click=${()=>{this.message=null,s?.run().catch(r=>this.showMessage({text:this.page.texts.error(r),kind:"error"}))}}>${s.text}</button>`:h}
</p>`}render(){if(!this.page)return h;const e=Xn(this.route.path),{texts:t}=this.page;return o`<header>
${this.narrow?o`<button class="button icon plain" aria-label=${t.get("common.menu")} @click=${this.toggleMenu}>
${f(jr)}
</button>`:h}
<h1>${t.get("title")}</h1>
<nav aria-label=${t.get("title")}>
${Sc.map(s=>o`<a
href=${s.path}
aria-current=${s.view===Oc(e)?"page":h}
@click=${L}
>${f(s.icon)}<span>${t.get(`tabs.${s.view}`)}</span>${s.view==="overview"?this.renderProblemCount():h}</a
>`)}
</nav>
</header>
${this.renderNotice()}
<main>${this.renderBody(e)}</main>
<div class="toast" role="status" aria-live="polite">
${this.message?this.renderMessage(this.message):h}
</div>`}renderProblemCount(){const e=this.system.state?.problems.filter(({ignored:s})=>!s).length;if(!e)return h;const t=this.page.texts.count("problems.count",e);return o`<span class="problems" title=${t}
><span aria-hidden="true">${this.page.format.number(e)}</span
><span class="hidden-text">${t}</span></span
>`}renderNotice(){const{state:e,unavailable:t}=this.system;return!e||e.ready&&!t?h:o`<p class="notice" role="status">${this.notReady()}</p>`}notReady(){const{texts:e}=this.page,{state:t,unavailable:s}=this.system;if(t&&!s){const r=t.problems.find(n=>n.id==="engine");return r?e.trouble(r).title:e.get("common.starting")}return t?.user.is_admin??this.hass.user?.is_admin?o`${e.get("errors.not_ready")}
<a class="button small" href=${Zc} @click=${L}>${e.get("problems.settings")}</a>`:e.get("errors.not_running")}renderBody(e){const t=this.page,{state:s,error:i,unavailable:r}=this.system;return!s&&i?o`<div class="empty" role="alert">
<p>${t.texts.error(i)}</p>
<button class="button" @click=${()=>{this.system.subscribe()}}>
${t.texts.get("errors.again")}
</button>
</div>`:!s&&r?o`<p class="empty" role="status">${this.notReady()}</p>`:s?Pc(t,e):o`<p class="empty" role="status">${t.texts.get("common.loading")}</p>`}updated(){this.followDisarmLink(),this.markFirst()}followDisarmLink(){const{page:e,system:t}=this;if(location.hash!==Gn||!e||!t.state)return;U(location.pathname+location.search,{replace:!0});const{alarm:s,user:i}=t.state;if(!i.may_control||s.state==="disarmed"||s.code_format===null)return;const r=async n=>{await this.api.disarm(n)};xt({page:e},e.texts.get("alarm.disarm"),r).catch(n=>e.showMessage(e.texts.error(n),"error"))}markFirst(){this.hasMarkedFirst||!this.page||!this.system.state||(this.hasMarkedFirst=!0,requestAnimationFrame(()=>performance.mark("homesec-first")))}toggleMenu(){this.dispatchEvent(new CustomEvent("hass-toggle-menu",{bubbles:!0,composed:!0}))}};tt.styles=[_i,w,N,zc];Et([p({attribute:!1})],tt.prototype,"hass",2);Et([p({type:Boolean,reflect:!0})],tt.prototype,"narrow",2);Et([p({attribute:!1})],tt.prototype,"route",2);Et([g()],tt.prototype,"page",2);Et([g()],tt.prototype,"message",2);tt=Et([$("homesec-panel")],tt);
