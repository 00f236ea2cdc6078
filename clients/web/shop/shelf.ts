// What the example shop pretends to sell.

export interface Product {
  name: string;
  price: number;
  aisle: string;
}

export const AISLES: Readonly<Record<string, string>> = {
  produce: "Fruit and vegetables",
  bakery: "Bakery",
  meat: "Butcher",
  deli: "Deli",
  pantry: "Pantry",
  care: "Household",
};

export const PRODUCTS: readonly Product[] = [
  { name: "Apples, a bag", price: 3.49, aisle: "produce" },
  { name: "Leeks, three", price: 2.29, aisle: "produce" },
  { name: "Country loaf", price: 4.2, aisle: "bakery" },
  { name: "Butter croissants, four", price: 3.8, aisle: "bakery" },
  { name: "Chicken thighs", price: 7.9, aisle: "meat" },
  { name: "Minced beef", price: 6.4, aisle: "meat" },
  { name: "Mountain cheese", price: 5.6, aisle: "deli" },
  { name: "Olives, marinated", price: 3.1, aisle: "deli" },
  { name: "Spaghetti", price: 1.6, aisle: "pantry" },
  { name: "Tomato passata", price: 1.9, aisle: "pantry" },
  { name: "Dish soap", price: 2.4, aisle: "care" },
  { name: "Kitchen paper", price: 3.3, aisle: "care" },
];

export const money = (amount: number): string => `$${amount.toFixed(2)}`;
