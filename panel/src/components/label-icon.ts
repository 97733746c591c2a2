import {
  mdiBicycle,
  mdiBird,
  mdiBus,
  mdiCar,
  mdiCat,
  mdiCow,
  mdiDog,
  mdiHorse,
  mdiHelpRhombusOutline,
  mdiMotionSensor,
  mdiMotorbike,
  mdiPaw,
  mdiSheep,
  mdiTruck,
  mdiWalk,
} from "@mdi/js";

const ICONS: Record<string, string> = {
  person: mdiWalk,
  cat: mdiCat,
  dog: mdiDog,
  bird: mdiBird,
  horse: mdiHorse,
  sheep: mdiSheep,
  cow: mdiCow,
  bear: mdiPaw,
  car: mdiCar,
  motorcycle: mdiMotorbike,
  bicycle: mdiBicycle,
  bus: mdiBus,
  truck: mdiTruck,
};

export function labelIcon(label: string | null): string {
  if (label === null) return mdiMotionSensor;
  return ICONS[label] ?? mdiHelpRhombusOutline;
}
