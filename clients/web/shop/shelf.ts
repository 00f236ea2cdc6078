// What the example shop pretends to sell.

export interface Product {
  name: string;
  price: number;
  aisle: string;
  image: string;
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
  { name: "Apples, a bag", price: 3.49, aisle: "produce", image: "produce" },
  { name: "Leeks, three", price: 2.29, aisle: "produce", image: "leeks" },
  { name: "Country loaf", price: 4.2, aisle: "bakery", image: "bakery" },
  { name: "Butter croissants, four", price: 3.8, aisle: "bakery", image: "croissant" },
  { name: "Chicken thighs", price: 7.9, aisle: "meat", image: "chicken" },
  { name: "Minced beef", price: 6.4, aisle: "meat", image: "meat" },
  { name: "Mountain cheese", price: 5.6, aisle: "deli", image: "deli" },
  { name: "Olives, marinated", price: 3.1, aisle: "deli", image: "olives" },
  { name: "Spaghetti", price: 1.6, aisle: "pantry", image: "spaghetti" },
  { name: "Tomato passata", price: 1.9, aisle: "pantry", image: "pantry" },
  { name: "Dish soap", price: 2.4, aisle: "care", image: "care" },
  { name: "Kitchen paper", price: 3.3, aisle: "care", image: "paper" },
];

export const money = (amount: number): string => `$${amount.toFixed(2)}`;
